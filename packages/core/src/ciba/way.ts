import { type AuthorizationDetail, approvesDetails } from '../oauth/authorization-details.ts';
import type { ApprovalRequest, Authenticator, Capabilities, PhoneShown, Way } from '../provider/way.ts';
import { StepUpError } from '../terms/step-up-error.ts';
import { AUTH0_MESSAGE_RULES, bindingMessage, type MessageRules } from './binding-message.ts';
import { type CibaOptions, createCibaClient, POLL_TIMEOUT_MS } from './client.ts';

/** Options of {@link createCibaWay}. */
export interface CibaWayOptions extends CibaOptions {
  /** What the provider accepts as a message. Default: what Auth0 accepts. */
  readonly messageRules?: MessageRules;
  /**
   * Gives the `authorization_details` (RFC 9396) for an approval, which the phone shows. They must be the same for the
   * same approval: what was approved is compared with what the function gives then.
   */
  readonly details?: (approval: ApprovalRequest) => readonly AuthorizationDetail[];
  /** How long the user may take, in whole seconds. Default: as long as the provider says. */
  readonly expirySeconds?: number;
  /** Whether the application is registered for ping. Each challenge then needs a `notificationToken`. */
  readonly ping?: boolean;
}

/** The phone, as far as CIBA knows it: there may be several, or none. */
const PHONE: Authenticator = { id: 'ciba', factor: 'push', active: true };

/** What CIBA can do, with these options. */
export function cibaCapabilities({
  details,
  pollTimeoutMs = POLL_TIMEOUT_MS,
  ping = false,
}: Pick<CibaWayOptions, 'details' | 'pollTimeoutMs' | 'ping'>): Capabilities {
  return {
    firstLeg: 'none',
    factors: [PHONE.factor],
    enrolls: [],
    listsDevices: false,
    phoneShows: details === undefined ? 'message' : 'details',
    needsBrowser: false,
    longestPollMs: pollTimeoutMs,
    ...(ping && { pings: true }),
  };
}

/**
 * CIBA in poll or ping mode, as a way of a provider: a push without a first leg, whose phone shows what is approved.
 *
 * @throws TypeError when an option is wrong.
 *
 * @example
 * const discover = createDiscovery({ issuer: 'https://tenant.eu.auth0.com/' });
 * const way = createCibaWay({ discover, clientId, clientSecret });
 * const stepUp = createStepUpActor({ way, subject, action: { id: 'transfer-1', title: 'Pay 250 EUR' }, identify });
 */
export function createCibaWay(options: CibaWayOptions): Way {
  const { messageRules = AUTH0_MESSAGE_RULES, details, expirySeconds, ping = false, ...client } = options;
  const ciba = createCibaClient(client);

  /** What the phone will be told to show. Nothing is sent where that is less than what it must show. */
  function shownBy(approval: ApprovalRequest, message: string): PhoneShown {
    const title = message === approval.code ? 'code' : 'message';
    const shown = details === undefined ? title : 'details';
    const { mustShow } = approval;
    if (mustShow === undefined || shown === 'details' || shown === mustShow) return shown;
    throw new StepUpError(
      'factor_unavailable',
      "the action's title does not fit whole into what the phone shows",
    );
  }

  return {
    name: 'ciba',
    can: cibaCapabilities(options),

    list: () => Promise.resolve([PHONE]),

    async challenge({ approval, notificationToken, signal }) {
      if (approval === undefined) throw new TypeError('CIBA: challenge needs the approval');
      if (ping && notificationToken === undefined) {
        throw new TypeError('ping: is for servers, which receive pings; leave it out here');
      }
      const { code, subject, action } = approval;
      const bound = bindingMessage({ code, title: action?.title }, messageRules);
      const shown = shownBy(approval, bound);
      const { authReqId, ...times } = await ciba.start({
        subject,
        bindingMessage: bound,
        ...(details && { authorizationDetails: details(approval) }),
        ...(expirySeconds !== undefined && { requestedExpirySeconds: expirySeconds }),
        ...(ping && notificationToken !== undefined && { notificationToken }),
        ...(signal && { signal }),
      });
      return { binding: 'poll', oobCode: authReqId, shown, ...times };
    },

    async redeem({ proof, expiresAt, approval, signal }) {
      if (proof.type !== 'oob' || proof.bindingCode !== undefined) {
        throw new StepUpError('factor_unavailable', 'CIBA takes no codes');
      }
      const result = await ciba.poll({
        authReqId: proof.oobCode,
        expiresAt: expiresAt ?? Number.POSITIVE_INFINITY,
        ...(signal && { signal }),
      });
      if (result.status !== 'approved') return result;
      if (details !== undefined) assertApproved(details, approval, result.authorizationDetails);
      return { status: 'approved', tokens: result.tokens };
    },
  };
}

/** @throws StepUpError `approval_mismatch` when anything but what was asked for was approved. */
function assertApproved(
  details: NonNullable<CibaWayOptions['details']>,
  approval: ApprovalRequest | undefined,
  approved: readonly unknown[] | undefined,
): void {
  if (approval !== undefined && approvesDetails(details(approval), approved)) return;
  throw new StepUpError(
    'approval_mismatch',
    'the authorization_details that were approved are not those that were asked for: check that the API knows their types',
  );
}
