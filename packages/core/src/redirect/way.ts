import { type AuthorizationDetail, approvesDetails } from '../oauth/authorization-details.ts';
import type { ApprovalRequest, Authenticator, Capabilities, Way } from '../provider/way.ts';
import { StepUpError } from '../terms/step-up-error.ts';
import { createRedirectClient, type RedirectClient, type RedirectOptions } from './client.ts';

/** Options of {@link createRedirectWay}. */
export interface RedirectWayOptions extends RedirectOptions {
  /**
   * Whether the provider's page may add a factor for the user. Default `true`: the approval then counts as given with a
   * factor that was added in the same flow. Say `false` only where the page refuses users without a factor.
   */
  readonly enrolls?: boolean;
  /**
   * Gives the `authorization_details` (RFC 9396) for an approval, which the provider's page shows. Needs pushed requests.
   * They must be the same for the same approval: what was approved is compared with what the function gives then.
   */
  readonly details?: (approval: ApprovalRequest) => readonly AuthorizationDetail[];
  /** Where the browser sees the gate, if not where its request went to: `https://bank.example`. */
  readonly origin?: string;
}

/** The provider's page, whatever the user has there. */
const PAGE: Authenticator = { id: 'hosted', factor: 'hosted', active: true };

/** How long the user may stay there: long enough to find a phone, or to add one. */
const STAY_MS = 600_000;

/** What the redirect way can do, with these options. */
export function redirectCapabilities({
  enrolls = true,
  details,
}: Pick<RedirectWayOptions, 'enrolls' | 'details'>): Capabilities {
  return {
    firstLeg: 'none',
    factors: [PAGE.factor],
    enrolls: [],
    ...(enrolls && { enrollsElsewhere: true }),
    listsDevices: false,
    phoneShows: details === undefined ? 'nothing' : 'details',
    needsBrowser: true,
  };
}

/**
 * The provider's own pages, as a way of a provider: the user goes there and comes back with a code. It needs a server,
 * which takes the return. `client` checks what the tokens prove.
 *
 * @throws TypeError when an option is wrong.
 */
export function createRedirectWay(options: RedirectWayOptions): Way & { readonly client: RedirectClient } {
  const { enrolls, details, origin, ...rest } = options;
  if (enrolls !== undefined && typeof enrolls !== 'boolean')
    throw new TypeError('enrolls: must be true or false');
  if (origin !== undefined && !isOrigin(origin)) {
    throw new TypeError("origin: must be an origin without a path, like 'https://bank.example'");
  }
  const client = createRedirectClient(rest);

  return {
    name: 'redirect',
    can: redirectCapabilities(options),
    client,

    list: () => Promise.resolve([PAGE]),

    async challenge({ subject, destination, approval, signal }) {
      if (subject === undefined || destination === undefined) {
        throw new TypeError('redirect: challenge needs the subject and the destination');
      }
      const { pathname } = new URL(destination.redirectUri);
      const departure = await client.depart({
        ...destination,
        subject,
        ...(origin !== undefined && { redirectUri: `${origin}${pathname}` }),
        ...(details && approval && { authorizationDetails: details(approval) }),
        ...(signal && { signal }),
      });
      return {
        binding: 'redirect',
        departure,
        expiresInMs: STAY_MS,
        ...(details && approval && { shown: 'details' }),
      };
    },

    codeOf: (returned) => client.codeOf(returned),

    async redeem({ proof, approval, signal }) {
      if (proof.type !== 'return') {
        throw new StepUpError('factor_unavailable', "the provider's page takes its codes itself");
      }
      const { code, departure } = proof;
      const { tokens, authorizationDetails, ...times } = await client.exchange({
        code,
        departure,
        ...(signal && { signal }),
      });
      if (details !== undefined && !(approval && approvesDetails(details(approval), authorizationDetails))) {
        throw new StepUpError(
          'approval_mismatch',
          'the authorization_details that were approved are not those that were asked for: check that the API knows their types',
        );
      }
      return { status: 'approved', tokens, times };
    },
  };
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
