import { afterAll, beforeAll, beforeEach, describe, onTestFinished } from 'vitest';
import { listenTestTenant } from '../test-tenant.ts';
import { type AdapterHost, openBank } from './bank.ts';
import { describeAdvisories } from './describe-advisories.ts';
import { describeAuthenticators } from './describe-authenticators.ts';
import { describeBadInput } from './describe-bad-input.ts';
import { describeBinding } from './describe-binding.ts';
import { describeFactors } from './describe-factors.ts';
import { describeFlow } from './describe-flow.ts';
import { describeGuard } from './describe-guard.ts';
import { describeHandle } from './describe-handle.ts';
import { describeLinks } from './describe-links.ts';
import { describeOrigins } from './describe-origins.ts';
import { describeOversight } from './describe-oversight.ts';
import { describePlainPage } from './describe-plain-page.ts';
import { describePolicy } from './describe-policy.ts';
import { describeReplay } from './describe-replay.ts';
import { describeWatching } from './describe-watching.ts';
import type { Scene } from './scene.ts';

/**
 * The behaviour of every adapter, on a real server with the emulator.
 *
 * An adapter hands over method, path, headers, body and the native request, and passes on an answer or a stream. What a
 * flow does in between, with whichever factor and in the dialect of whichever tenant, its code does not meet. Tests of that
 * run with `everything` alone, on one host of Node's kind and one of Fetch's: Express and Hono.
 */
export function describeAdapter(
  name: string,
  host: AdapterHost,
  { everything = false }: { readonly everything?: boolean } = {},
): void {
  describe(`stepgate on ${name}`, () => {
    let listening: Awaited<ReturnType<typeof listenTestTenant>>;
    beforeAll(async () => {
      listening = await listenTestTenant();
    });
    beforeEach(() => listening.reset());
    afterAll(() => listening.close());

    const scene: Scene = {
      host,
      everything,
      get tenant() {
        return listening;
      },
      open: (bank) => openBank({ host, tenant: listening, bank, onClose: onTestFinished }),
    };
    describeGuard(scene);
    describePolicy(scene);
    describeBinding(scene);
    describeOversight(scene);
    describeFlow(scene);
    describeFactors(scene);
    describeWatching(scene);
    describeHandle(scene);
    describeLinks(scene);
    describeBadInput(scene);
    describeOrigins(scene);
    describePlainPage(scene);
    describeAuthenticators(scene);
    describeReplay(scene);
    describeAdvisories(scene);
  });
}
