import type { Requirement } from '../policy/requirement.ts';
import type { KeptForms } from '../records/kept-forms.ts';
import { enctypeOf, type HostBody, readFields } from '../request/form-body.ts';
import type { Owner } from '../request/handle-cookie.ts';
import { type HostRequest, originOf } from '../request/host-request.ts';
import { safePath, siteOf } from '../request/same-origin.ts';

/** Reads the requests of a route that keeps refused form posts; `undefined` if it is not a post. */
export type Replay = (
  request: HostRequest<unknown>,
  body: () => HostBody | Promise<HostBody>,
) => PostedForm | undefined;

/** A form post that is kept while the user approves. */
export interface PostedForm {
  /** What the ticket of a refused post says about its form. */
  keep(owner: Owner): Promise<Kept>;
  /** The post goes through, so its kept form is not offered again. */
  use(owner: Owner): Promise<void>;
}

type Kept = Pick<Requirement, 'form' | 'unkept'>;

/** Makes the reader. */
export function createReplay(keptForms: KeptForms): Replay {
  return (request, body) => {
    // The form will be sent there, so a browser must not be able to read it as another host's address.
    const url = safePath(request.url, originOf(request));
    if (request.method !== 'POST' || url === undefined) return undefined;
    return {
      async keep(owner) {
        const enctype = enctypeOf(request.header('content-type'));
        if (enctype === undefined || !isProvenOurs(request)) return {};
        const fields = await readFields(await body(), enctype);
        if (fields === undefined) return {};
        if (typeof fields === 'string') return { unkept: fields };
        const form = await keptForms.put(owner, { url, enctype, fields });
        return form === undefined ? { unkept: 'size' } : { form };
      },
      use: (owner) => keptForms.use(owner, url),
    };
  };
}

/** Whether a page of this site sent it: another site's form would be continued in the user's name. */
function isProvenOurs(request: HostRequest<unknown>): boolean {
  return request.header('sec-fetch-site') !== 'none' && siteOf(request) === 'same-origin';
}
