import { type ControlClient, waitFor } from './control-client.ts';

/** A push on the phone. */
export interface TestPush {
  readonly id: string;
  readonly status: 'pending' | 'approved' | 'denied' | 'expired';
  /** The application that asks. */
  readonly client: string;
  /** How it was asked for: by the MFA API or a login page, or by CIBA. */
  readonly kind: 'mfa' | 'ciba';
  /** What a CIBA request shows on the phone. */
  readonly message?: string;
  readonly details?: readonly Readonly<Record<string, unknown>>[];
  readonly scope?: string;
  readonly audience?: string;
}

/** An SMS, a call or an e-mail. */
export interface TestMessage {
  readonly id: string;
  readonly channel: 'sms' | 'voice' | 'email';
  readonly to: string;
  readonly text: string;
  /** The code in it. */
  readonly code: string;
}

/** How long to wait for what an app is about to cause. */
export interface WaitOptions {
  /** Default: 10 seconds. */
  readonly timeoutMs?: number;
}

/** A user's phone in a test. What is not there yet is waited for. */
export interface TestPhone {
  readonly username: string;
  /** The newest push that waits for an answer. */
  nextPush(options?: WaitOptions): Promise<TestPush>;
  /** Approves the newest push that waits for an answer. */
  approve(options?: WaitOptions): Promise<TestPush>;
  /** Denies the newest push that waits for an answer. */
  deny(options?: WaitOptions): Promise<TestPush>;
  /** Scans the newest QR code that is shown to the user. */
  scan(options?: WaitOptions): Promise<void>;
  /**
   * A one-time password that this phone has not shown to the test before. A tenant takes each only once, so a second
   * call waits for the next one: up to 30 seconds of the tenant's clock.
   */
  code(options?: WaitOptions): Promise<string>;
  /** The newest message that this phone has not shown to the test before. */
  nextMessage(options?: WaitOptions): Promise<TestMessage>;
  /** All pushes, oldest first. */
  pushes(): Promise<TestPush[]>;
}

interface WirePhone {
  readonly notifications: TestPush[];
  readonly enrollments: { readonly barcode_uri: string }[];
  readonly codes: { readonly code: string }[];
  readonly messages: TestMessage[];
}

const patienceMs = 10_000;
const codePeriodMs = 30_000;

/** The phone of a user, over the control API. */
export function createTestPhone(control: ControlClient, username: string): TestPhone {
  const path = `phone/${encodeURIComponent(username)}`;
  const shown = new Set<string>();
  const look = async (): Promise<WirePhone> => (await control.call('GET', path)) as WirePhone;
  const firstTime = <T>(value: T | undefined, key: (value: T) => string): T | undefined => {
    if (value === undefined || shown.has(key(value))) return undefined;
    shown.add(key(value));
    return value;
  };
  const nextPush = ({ timeoutMs = patienceMs }: WaitOptions = {}): Promise<TestPush> =>
    waitFor(`No push arrived on the phone of ${username}`, timeoutMs, async () =>
      (await look()).notifications.findLast(({ status }) => status === 'pending'),
    );
  async function decide(decision: 'approve' | 'deny', options?: WaitOptions): Promise<TestPush> {
    const { id } = await nextPush(options);
    return (await control.call('POST', `${path}/notifications/${encodeURIComponent(id)}`, {
      decision,
    })) as TestPush;
  }

  return {
    username,
    nextPush,
    approve: (options) => decide('approve', options),
    deny: (options) => decide('deny', options),
    async scan({ timeoutMs = patienceMs } = {}) {
      const code = await waitFor(`No QR code was shown to ${username}`, timeoutMs, async () =>
        (await look()).enrollments.at(-1),
      );
      await control.call('POST', `${path}/scan`, { barcode_uri: code.barcode_uri });
    },
    async code({ timeoutMs = codePeriodMs + patienceMs } = {}) {
      const { code } = await waitFor(`The phone of ${username} showed no new code`, timeoutMs, async () =>
        firstTime((await look()).codes.at(-1), (each) => `code ${each.code}`),
      );
      return code;
    },
    nextMessage: ({ timeoutMs = patienceMs } = {}) =>
      waitFor(`No message arrived on the phone of ${username}`, timeoutMs, async () =>
        firstTime((await look()).messages.at(-1), ({ id }) => `message ${id}`),
      ),
    pushes: async () => (await look()).notifications,
  };
}
