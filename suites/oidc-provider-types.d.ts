/** The part of oidc-provider that the tests use. The package has no types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  class Grant {
    constructor(members: { readonly accountId: string; readonly clientId: string });
    addOIDCScope(scope: string): void;
    save(): Promise<string>;
  }

  /** What a check of the login sees. */
  interface CheckedContext {
    readonly oidc: {
      readonly params: { readonly acr_values?: string };
      readonly session: { readonly acr?: string };
    };
  }

  export namespace interactionPolicy {
    class Check {
      constructor(reason: string, description: string, check: (ctx: CheckedContext) => boolean);
    }
    function base(): { get(name: 'login'): { readonly checks: { add(check: Check): void } } };
  }

  export default class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>);
    readonly Grant: typeof Grant;
    callback(): (request: IncomingMessage, response: ServerResponse) => void;
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
    backchannelResult(authReqId: string, result: string | Error): Promise<void>;
  }

  export namespace errors {
    class AccessDenied extends Error {}
    class TransactionFailed extends Error {}
    class ExpiredToken extends Error {}
  }
}
