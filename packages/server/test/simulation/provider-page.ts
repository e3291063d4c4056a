import { type Destination, redirectCapabilities, StepUpError, type Way } from '@stepgate/core';
import { recordOf, type Seat } from './deeds.ts';
import { approved, FOREIGN } from './tenant.ts';
import type { Truth } from './truth.ts';

/** How the provider's own page answers: who is asked for what, and what of it gets lost. */
export interface PageOptions {
  readonly truth: Truth;
  readonly now: () => number;
  readonly asking: () => Seat | undefined;
  /** A request that may be refused before the provider acts, or whose answer gets lost after it has. */
  readonly request: <T>(signal: AbortSignal | undefined, act: () => T) => Promise<T>;
}

const STAY_MS = 600_000;

/** The redirect way: users leave for the provider's page, and come back with a code. */
export function createSimulatedPage({ truth, now, asking, request }: PageOptions): Way {
  function depart(subject: string, { redirectUri }: Destination): Awaited<ReturnType<Way['challenge']>> {
    const state = `state-${truth.departures.length}`;
    truth.departures.push({ browser: asking() ?? 'nobody', state, at: now(), exchanges: 0 });
    const authorizationUrl = `https://tenant.test/authorize?state=${state}`;
    const departedAt = now();
    return {
      binding: 'redirect',
      expiresInMs: STAY_MS,
      departure: { authorizationUrl, subject, state, nonce: state, verifier: state, redirectUri, departedAt },
    };
  }

  return {
    name: 'redirect',
    can: redirectCapabilities({}),
    list: () => Promise.resolve([{ id: 'hosted', factor: 'hosted', active: true }]),
    challenge({ subject = '', destination, signal }) {
      if (destination === undefined) throw new TypeError('nowhere to come back to');
      return request(signal, () => depart(subject, destination));
    },
    async codeOf({ parameters }) {
      const code = parameters.get('code');
      if (code === null) throw new StepUpError('rejected', 'the user said no');
      return code;
    },
    redeem({ proof, signal }) {
      if (proof.type !== 'return') throw new StepUpError('factor_unavailable', 'the page takes codes itself');
      const { code, departure } = proof;
      return request(signal, () => {
        const found = truth.departures.find((one) => one.code === code);
        // What PKCE is for: the code is worth nothing without the departure that it was given for.
        if (found === undefined || found.state !== departure.verifier || found.exchanges > 0) {
          if (found !== undefined && found.state === departure.verifier) found.exchanges += 1;
          throw new StepUpError('result_lost', 'this code is worth nothing');
        }
        found.exchanges += 1;
        if (recordOf(asking() ?? '') !== recordOf(found.browser)) {
          truth.noticed.push('the return of another browser was taken');
        }
        if (found.user === 'ada') {
          truth.proofs.push({ browser: found.browser, at: now(), factor: 'hosted' });
        }
        return {
          ...approved(found.user === 'ada' ? found.browser : FOREIGN),
          times: { receivedAt: now() },
        };
      });
    },
  };
}
