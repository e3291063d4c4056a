/** A user who leaves for the provider's pages. Everything in it is secret. */
export interface Departure {
  /** Where the browser goes. */
  readonly authorizationUrl: string;
  /** How long the provider keeps a pushed request. */
  readonly expiresInMs?: number;
  readonly subject: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly redirectUri: string;
  readonly organization?: string;
  /** By our clock, in milliseconds since the epoch. */
  readonly departedAt: number;
}

/** Where the provider sends the user back to, and what it is asked in. */
export interface Destination {
  /** The callback, as the browser sees it. */
  readonly redirectUri: string;
  /** The language of the provider's pages, as BCP 47. */
  readonly uiLocales?: string | undefined;
}

/** What the browser brought back, read but not believed. */
export interface Return {
  /** All that came, for `codeOf`. */
  readonly parameters: URLSearchParams;
  /** Names the departure that the return belongs to. */
  readonly state: string | undefined;
}

/** When the tokens for a code came. */
export interface ExchangeTimes {
  /** By our clock, in milliseconds since the epoch. */
  readonly receivedAt: number;
  /** The `Date` of the response, by the provider's clock. */
  readonly providerDate?: number;
}

/** What the tokens of a return must be for: the departure, and how long the user was away. */
export interface Departed extends ExchangeTimes {
  readonly departure: Departure;
}
