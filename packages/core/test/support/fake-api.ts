import {
  type Authenticator,
  type Challenge,
  type ChallengeOptions,
  type EnrollingWay,
  type Enrollment,
  type EnrollOptions,
  MFA_API_CAPABILITIES,
  type RedeemOptions,
  type Redemption,
} from '../../src/index.ts';
import { settled } from './fake-clock.ts';

interface Answers {
  list: readonly Authenticator[];
  enroll: Enrollment;
  challenge: Challenge;
  redeem: Redemption;
}

interface Options {
  list: Parameters<EnrollingWay['list']>[0];
  enroll: EnrollOptions;
  challenge: ChallengeOptions;
  redeem: RedeemOptions;
}

/** One call of the provider. The test decides when it is answered: in time, late or never. */
export interface FakeCall<T extends keyof Answers = keyof Answers> {
  readonly method: T;
  readonly options: Options[T];
  readonly isAborted: boolean;
  answer(value: Answers[T]): Promise<void>;
  fail(error: unknown): Promise<void>;
}

/** A provider whose responses come from the test. */
export interface FakeApi extends EnrollingWay {
  readonly calls: readonly FakeCall[];
  /** The latest call, which must be of this method. */
  last<T extends keyof Answers>(method: T): FakeCall<T>;
  count(method: keyof Answers): number;
}

export function createFakeApi(): FakeApi {
  const calls: FakeCall[] = [];

  function call<T extends keyof Answers>(method: T) {
    return (options: Options[T]): Promise<Answers[T]> =>
      new Promise((resolve, reject) => {
        calls.push({
          method,
          options,
          get isAborted() {
            return options.signal?.aborted === true;
          },
          async answer(value) {
            resolve(value as Answers[T]);
            await settled();
          },
          async fail(error) {
            reject(error as Error);
            await settled();
          },
        });
      });
  }

  return {
    name: 'mfa-api',
    can: MFA_API_CAPABILITIES,
    calls,
    list: call('list'),
    enroll: call('enroll'),
    challenge: call('challenge'),
    redeem: call('redeem'),
    remove: () => Promise.reject(new Error('no flow removes an authenticator')),
    last<T extends keyof Answers>(method: T) {
      const latest = calls.at(-1);
      if (latest?.method !== method) throw new Error(`the latest call is ${latest?.method}, not ${method}`);
      return latest as FakeCall<T>;
    },
    count: (method) => calls.filter((one) => one.method === method).length,
  };
}
