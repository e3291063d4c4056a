/**
 * What went wrong with a request to Stepgate's endpoints or guard, each with its HTTP status.
 *
 * The table in the README of `@stepgate/server` is made from these comments.
 */
const REQUEST_ERRORS = {
  /** The route needs a fresh approval (RFC 9470, section 3). */
  insufficient_user_authentication: 401,
  /** Nobody is signed in. */
  login_required: 401,
  /** This receipt does not count for this service and what it is about to do. */
  receipt_invalid: 401,
  /** The provider's ping does not bear the token of a challenge of this gate. */
  ping_refused: 401,
  /** A member of the request is missing or wrong; the description says which one. */
  invalid_request: 400,
  /** Clients cannot send an event of this type. */
  event_unknown: 400,
  /** This gate did not issue the requirement, or not for this user and session. */
  requirement_invalid: 400,
  /** The requirement is more than a few minutes old: call the guarded route again. */
  requirement_expired: 400,
  /** This browser does not wait for this return from the provider's page: it is another flow's, or old. */
  return_unknown: 400,
  /** The request comes from another site. */
  cross_site_request: 403,
  /** Plain http, where others could read the handle cookie. */
  insecure_transport: 403,
  /** This browser has no flow. */
  flow_not_found: 404,
  /** There is no such endpoint. */
  not_found: 404,
  /** The endpoint does not accept this method. */
  method_not_allowed: 405,
  /** The flow does not take this event in its present state. */
  event_not_allowed: 409,
  /** This browser has a flow for something else. If there is a `Retry-After`, try again then. */
  flow_in_progress: 409,
  /** The flow has changed since the view with that ETag. */
  version_stale: 412,
  /** The body is larger than 64 KB, or than 1 MB where the gate reads what an action binds. */
  body_too_large: 413,
  /** The body must be JSON, or a form where an action binds its members. */
  unsupported_media_type: 415,
  /** An event needs `If-Match` with the view's version. */
  version_required: 428,
  /** This browser holds as many approvals and tokens as one browser may. */
  record_full: 429,
  /** This session, or this user, has as many flows open as allowed. */
  too_many_flows: 429,
  /** This browser follows its flow in too many places: wait, or read without waiting. */
  too_many_watchers: 429,
  /** The app set Stepgate up wrongly; the log says how. */
  misconfigured: 500,
  /** This process follows as many flows as it can: wait, or read without waiting. */
  overloaded: 503,
  /** The keys that verify receipts could not be fetched. */
  receipt_keys_unavailable: 503,
  /** The store does not answer. */
  store_unavailable: 503,
} as const satisfies Readonly<Record<string, number>>;

/** What went wrong with a request to Stepgate's endpoints or guard. The server's README says what each code means. */
export type RequestErrorCode = keyof typeof REQUEST_ERRORS;

/** The HTTP status of an error with this code. */
export const REQUEST_ERROR_STATUS: Readonly<Record<RequestErrorCode, number>> = REQUEST_ERRORS;
