import * as v from 'valibot';
import { digest, type Sealer } from '../lib/seal.ts';
import type { Asker } from '../request/asker.ts';
import type { FormEnctype, FormFields } from '../request/form-body.ts';
import { reachable, updateStored } from '../store/compare-and-set.ts';
import type { Store } from '../store/store.ts';
import { fits } from './record-size.ts';

/** A form post that waits for its approval, to be sent by the browser once more. */
export interface StashedForm {
  /** Path and query that it was posted to. */
  readonly url: string;
  readonly enctype: FormEnctype;
  readonly fields: FormFields;
}

/** Whose form it is: a browser's, in one login. */
export interface FormOwner {
  /** The record's key. */
  readonly key: string;
  readonly asker: Pick<Asker, 'session'>;
}

/**
 * The forms that wait, sealed for their handle: the newest one of each login, since a session gets as many handles as
 * it sends requests without one. A form is known by the digest of its method, path and body, which its ticket carries:
 * the page of another ticket never shows it.
 */
export interface Stashes {
  /** Answers with the form's name; `undefined` for one that is too large to be kept. */
  put(owner: FormOwner, form: StashedForm): Promise<string | undefined>;
  find(owner: FormOwner, name: string): Promise<StashedForm | undefined>;
  /** The form for this address is being sent: once is enough. */
  use(owner: FormOwner, url: string): Promise<void>;
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
  const placeOf = ({ asker }: FormOwner): string => `form:${asker.session}`;
  const purposeOf = ({ key }: FormOwner): string => `kept-form:${key}`;
  const targetOf = ({ key }: FormOwner, url: string): string => digest(`${key} ${url}`);

  async function read(owner: FormOwner): Promise<Stash | undefined> {
    const stored = await reachable(store.read(placeOf(owner)));
    const parsed = v.safeParse(StashSchema, stored?.value);
    return parsed.success ? parsed.output : undefined;
  }

  return {
    async put(owner, form) {
      const name = digest(JSON.stringify(['POST', form.url, form.enctype, form.fields]));
      const sealed = sealer.seal(form, purposeOf(owner));
      const stash = { name, target: targetOf(owner, form.url), sealed };
      if (!fits(stash, mostBytes)) return undefined;
      await updateStored(store, placeOf(owner), () => ({
        write: { value: stash, ttlMs: TTL_MS },
        result: undefined,
      }));
      return name;
    },
    async find(owner, name) {
      const stash = await read(owner);
      if (stash?.name !== name) return undefined;
      return sealer.open(stash.sealed, purposeOf(owner)) as StashedForm | undefined;
    },
    async use(owner, url) {
      const stash = await read(owner);
      if (stash?.target === targetOf(owner, url)) await reachable(store.delete(placeOf(owner)));
    },
  };
}
