import * as v from 'valibot';
import { fits } from './record-size.ts';
import { digest, type Sealer } from './seal.ts';
import type { Store } from './store.ts';
import { reachable, updateStored } from './stored-value.ts';

/** A form post that waits for its approval, to be sent by the browser once more. */
export interface StashedForm {
  /** Path and query that it was posted to. */
  readonly url: string;
  readonly enctype: FormEnctype;
  readonly fields: FormFields;
}

/** How a form is written that has no file in it. */
export type FormEnctype = 'application/x-www-form-urlencoded' | 'multipart/form-data';

/** Names and values in their order; a name can come more than once. */
export type FormFields = readonly (readonly [string, string])[];

/**
 * The forms that wait, the newest one of each handle and login, sealed. A form is known by the digest of its method,
 * path and body, which its ticket carries: the page of another ticket never shows it.
 */
export interface Stashes {
  /** `key`: the record's. Answers with the form's name; `undefined` for one that is too large to be kept. */
  put(key: string, form: StashedForm): Promise<string | undefined>;
  find(key: string, name: string): Promise<StashedForm | undefined>;
  /** The form for this address is being sent: once is enough. */
  use(key: string, url: string): Promise<void>;
}

const StashSchema = v.object({ name: v.string(), target: v.string(), sealed: v.string() });
type Stash = v.InferOutput<typeof StashSchema>;

/** As long as a ticket, a flow and an approval can take, one after the other. */
const TTL_MS = 30 * 60_000;

/** Makes the stashes in this store. */
export function createStashes({
  store,
  sealer,
  mostBytes,
}: {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly mostBytes: number;
}): Stashes {
  const placeOf = (key: string): string => `form:${key}`;

  async function read(key: string): Promise<Stash | undefined> {
    const stored = await reachable(store.read(placeOf(key)));
    const parsed = v.safeParse(StashSchema, stored?.value);
    return parsed.success ? parsed.output : undefined;
  }

  return {
    async put(key, form) {
      const name = digest(JSON.stringify(['POST', form.url, form.enctype, form.fields]));
      const stash = { name, target: digest(form.url), sealed: sealer.seal(form, placeOf(key)) };
      if (!fits(stash, mostBytes)) return undefined;
      await updateStored(store, placeOf(key), () => ({
        write: { value: stash, ttlMs: TTL_MS },
        result: undefined,
      }));
      return name;
    },
    async find(key, name) {
      const stash = await read(key);
      if (stash?.name !== name) return undefined;
      return sealer.open(stash.sealed, placeOf(key)) as StashedForm | undefined;
    },
    async use(key, url) {
      const stash = await read(key);
      if (stash?.target === digest(url)) await reachable(store.delete(placeOf(key)));
    },
  };
}
