import type { ClientAuthentication } from './client-authentication.ts';
import type { Http, HttpResponse } from './http.ts';

/** One form for an endpoint of the provider. */
export interface AuthenticatedPost<Call extends string> {
  readonly call: Call;
  readonly url: string;
  /** The provider's issuer, which is the audience of a client assertion. */
  readonly issuer: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** A response, and what an error says about its request. */
export interface PostResponse<Call extends string> extends HttpResponse {
  readonly call: Call;
  readonly method: 'post';
  readonly path: string;
}

/** Makes the function that posts forms with the client's credentials. */
export function createAuthenticatedPost<Call extends string>(
  http: Http<Call>,
  authenticate: ClientAuthentication,
): (request: AuthenticatedPost<Call>) => Promise<PostResponse<Call>> {
  return async function post({ call, url, issuer, parameters, signal, timeoutMs }) {
    const { form, headers } = await authenticate(issuer);
    const path = new URL(url).pathname.slice(1);
    const response = await http({
      call,
      method: 'post',
      url,
      path,
      form: { ...parameters, ...form },
      headers,
      signal,
      timeoutMs,
    });
    return { ...response, call, method: 'post', path };
  };
}
