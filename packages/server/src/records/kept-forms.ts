import { FLOW_DEFAULTS } from '@stepgate/core';
import * as v from 'valibot';
import { digest, type Sealer } from '../lib/seal.ts';
import { REQUIREMENT_TTL_MS } from '../policy/requirement.ts';
import type { FormEnctype, FormFields } from '../request/form-body.ts';
import type { Owner } from '../request/handle-cookie.ts';
import { reachable, updateStored } from '../store/compare-and-set.ts';
import type { Store } from '../store/store.ts';
import { fits } from './record-size.ts';

/** A form post that waits for its approval. The browser then sends it again. */
export interface KeptForm {
  /** The path and query that it was posted to. */
  readonly url: string;
  readonly enctype: FormEnctype;
  readonly fields: FormFields;
}

/**
 * The forms that wait, sealed for their handle. Each login keeps its newest form only, because a session gets a new
 * handle with every request that shows none. A form's name is the digest of its method, path and body. The ticket
 * carries it, so the page of another ticket never shows the form.
 */
export interface KeptForms {
  /** Resolves to the form's name; `undefined` if the form is too large to keep. */
  put(owner: Owner, form: KeptForm): Promise<string | undefined>;
  find(owner: Owner, name: string): Promise<KeptForm | undefined>;
  /** Forgets the form for this address, which is being sent. */
  use(owner: Owner, url: string): Promise<void>;
}

const KeptFormSchema = v.object({ name: v.string(), target: v.string(), sealed: v.string() });
type Kept = v.InferOutput<typeof KeptFormSchema>;

/** As long as a requirement, a flow and an approval of the default age can take one after the other. */
const TTL_MS = REQUIREMENT_TTL_MS + FLOW_DEFAULTS.flowTtlMs + 5 * 60_000;

/** Creates the kept forms in this store. */
export function createKeptForms({
  store,
  sealer,
  mostBytes,
}: {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly mostBytes: number;
}): KeptForms {
  const placeOf = ({ caller }: Owner): string => `form:${caller.session}`;
  const purposeOf = ({ key }: Owner): string => `kept-form:${key}`;
  const targetOf = ({ key }: Owner, url: string): string => digest(`${key} ${url}`);

  async function read(owner: Owner): Promise<Kept | undefined> {
    const stored = await reachable(store.read(placeOf(owner)));
    const parsed = v.safeParse(KeptFormSchema, stored?.value);
    return parsed.success ? parsed.output : undefined;
  }

  return {
    async put(owner, form) {
      const name = digest(JSON.stringify(['POST', form.url, form.enctype, form.fields]));
      const sealed = sealer.seal(form, purposeOf(owner));
      const kept = { name, target: targetOf(owner, form.url), sealed };
      if (!fits(kept, mostBytes)) return undefined;
      await updateStored(store, placeOf(owner), () => ({
        write: { value: kept, ttlMs: TTL_MS },
        result: undefined,
      }));
      return name;
    },
    async find(owner, name) {
      const kept = await read(owner);
      if (kept?.name !== name) return undefined;
      return sealer.open(kept.sealed, purposeOf(owner)) as KeptForm | undefined;
    },
    async use(owner, url) {
      const kept = await read(owner);
      if (kept?.target === targetOf(owner, url)) await reachable(store.delete(placeOf(owner)));
    },
  };
}
