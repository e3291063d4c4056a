/** The part of oidc-provider that the tests use. The package has no types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  class Grant {
    constructor(members: { readonly accountId: string; readonly clientId: string });
    addOIDCScope(scope: string): void;
    save(): Promise<string>;
  }

  export default class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>);
    readonly Grant: typeof Grant;
    callback(): (request: IncomingMessage, response: ServerResponse) => void;
    backchannelResult(authReqId: string, result: string | Error): Promise<void>;
  }

  export namespace errors {
    class AccessDenied extends Error {}
    class TransactionFailed extends Error {}
    class ExpiredToken extends Error {}
  }
}
