/** How many exchanges the provider allows for one transaction, as a token bucket, and how many we reserve for codes. */
export interface ExchangeLimit {
  readonly burst: number;
  readonly perMinute: number;
  readonly reservedForCodes: number;
}
