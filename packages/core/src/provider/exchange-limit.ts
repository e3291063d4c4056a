/** How many exchanges the provider grants one transaction, as a token bucket, and how many of them are kept for codes. */
export interface ExchangeLimit {
  readonly burst: number;
  readonly perMinute: number;
  readonly reservedForCodes: number;
}
