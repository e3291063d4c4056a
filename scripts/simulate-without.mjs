// Takes defences away, one at a time, and prints after how many runs the simulation notices. With arguments, only the
// defences with all of these words in their names: `npm run simulate:without -- push`. The sources are restored.
import { spawnSync } from 'node:child_process';
import { build, edit, restore, restoreWhenStopped, root } from './edits.mjs';
import { MUTATIONS } from './mutations.mjs';

/** The defences of mutations.mjs that hold where two things meet. */
const DEFENCES = [
  'a limit counts what the provider may have done, not only what it reported',
  'an approval that a handler has used is not given back by a later guard',
  'two pushes to one device keep their distance, even from different flows',
  'pushes of different ways keep their distance',
  'gates of different tenants or applications share nothing in their store',
  "a phone that has answered does not block its owner's other browsers",
  'a single-use approval is used up in one write',
  'an approval expires',
  'a tap alone is no approval where the phone shows a code',
  'a push without a code is no way around the code of another way',
  'a push code can be guessed three times',
  'an approval is bound to the members of the request that its action names',
  'an approval for a single use gives receipts to the request that has used it',
  "an approval belongs to a browser's handle, not to the session alone",
  'there is no way around the password',
  'what the provider says was approved is compared with what was asked for',
  'a ping counts only with the token that the provider was given for the push',
  'a ping for one push does not count for another',
  "a ping does not make a poll come before the provider's interval",
  'a process that takes a wait over counts what the other one may have polled',
  'a link is opened once, in one browser',
  'an approval by another login serves one request',
  'a route takes no approval of another login unless its policy says so',
  'the login that has asked for a link neither sees nor steers the flow',
];

/** More of them, which the simulation alone takes away. */
const MORE = [
  {
    defence: 'an approval gives back only the pushes of its flow',
    edits: [
      [
        'packages/server/src/limits/sliding-window.ts',
        'const left = points.filter(([, one]) => one !== id);',
        'const left = id === key ? points : [];',
      ],
    ],
  },
  {
    defence: 'a push code is compared in the write that counts it',
    edits: [
      [
        'packages/server/src/flow/driver.ts',
        '      if (version !== undefined && record.flow.version !== version) throw stale();\n',
        "      if (request.type !== 'code.submit' && record.flow.version !== version) throw stale();\n",
      ],
      [
        'packages/server/src/flow/driver.ts',
        'const step = steps.apply(key, known, event, secrets, inputs);',
        'once ??= steps.apply(key, known, event, secrets, inputs);\n      const step = once;',
      ],
      [
        'packages/server/src/flow/driver.ts',
        'const { event, inputs, secrets } = splitRequest(request);\n',
        'const { event, inputs, secrets } = splitRequest(request);\n    let once: ReturnType<typeof steps.apply> | undefined;\n',
      ],
    ],
  },
  {
    defence: 'a typed code is sent once, whatever comes of it',
    edits: [
      [
        'packages/core/src/runner/run-effect.ts',
        'return redemptionResult(answered(await redeem(ports, proof, effect.params)));',
        'const send = () => redeem(ports, proof, effect.params);\n      return redemptionResult(answered(await send().catch(send)));',
      ],
    ],
  },
  {
    defence: 'no process takes over what another one is at',
    edits: [['packages/server/src/flow/rules.ts', '    ? claimedUntil\n', '    ? claimedUntil - 24_000\n']],
  },
  {
    defence: 'a wrong recovery code counts as a wrong code',
    edits: [
      [
        'packages/server/src/limits/attempts.ts',
        "return isHosted(effect.params.factor) ? [] : ['codes'];",
        "return isHosted(effect.params.factor) || effect.params.factor === 'recovery-code' ? [] : ['codes'];",
      ],
    ],
  },
  {
    defence: 'an approval is for the factors that the policy names',
    edits: [['packages/server/src/records/approval.ts', 'policy.factors.includes(approval.factor) &&', '']],
  },
  {
    defence: 'what is kept of a flow is sealed',
    edits: [
      [
        'packages/server/src/flow/steps.ts',
        'vault: changed === undefined ? flow.vault : sealer.seal(changed, vaultOf(key)),',
        '...{ opened: changed },\n        vault: changed === undefined ? flow.vault : sealer.seal(changed, vaultOf(key)),',
      ],
    ],
  },
  {
    defence: 'an approval says that its phone was added in the flow',
    edits: [
      [
        'packages/core/src/machine/setup.ts',
        'noteEnrollment: assign({ enrolledInFlow: true }),',
        'noteEnrollment: assign({}),',
      ],
    ],
  },
  {
    defence: 'a policy can forbid phones that were added in the flow',
    edits: [
      [
        'packages/server/src/records/approval.ts',
        '(policy.allowEnrolledInFlow || !approval.enrolledInFlow) &&',
        '',
      ],
    ],
  },
  {
    defence: 'a policy can ask how long a phone is known',
    edits: [
      [
        'packages/server/src/records/approval.ts',
        '(policy.minAuthenticatorAgeSeconds === 0 || (!approval.enrolledInFlow && isOldEnough(approval))) &&',
        '',
      ],
    ],
  },
  {
    defence: 'a ping makes the next poll due',
    edits: [
      [
        'packages/core/src/machine/next-poll.ts',
        'return { nextPollAt: Math.min(nextPollAt, soonest) };',
        'return { nextPollAt: Math.max(nextPollAt, soonest) };',
      ],
    ],
  },
  {
    defence: 'a link ends with its requirement',
    edits: [
      [
        'packages/server/src/flow/starts.ts',
        '  if (record.flow.state.context.expiresAt <= now) throw requirementExpired();\n',
        '',
      ],
    ],
  },
  {
    defence: 'one live push of a user, over all ways',
    edits: [
      [
        'packages/server/src/flow/admission.ts',
        'const other = isPush(effect) ? await lockOrAsk(owner, waiting) : undefined;',
        "const other = isPush(effect) && !('isForAnyDevice' in effect.params) ? await lockOrAsk(owner, waiting) : undefined;",
      ],
    ],
  },
];

const SEED = '20260105';
const MOST_RUNS = '4000';

/** The simulation takes the server's sources as they are, and the other packages as they are built. */
const isBuilt = (edits) => edits.some(([file]) => !file.startsWith('packages/server/'));

/** After how many runs a promise was broken, and which one. */
function noticed() {
  const args = [
    'packages/server/test/simulation/main.ts',
    '--brief',
    '--runs',
    MOST_RUNS,
    '--from-seed',
    SEED,
  ];
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  return /broken after (\d+) runs: (.*)/.exec(stdout)?.slice(1);
}

restoreWhenStopped();
const words = process.argv.slice(2);
const listed = DEFENCES.map((name) => MUTATIONS.find(({ defence }) => defence === name) ?? name);
const unknown = listed.filter((one) => typeof one === 'string');
if (unknown.length > 0) throw new Error(`mutations.mjs has no defence ${unknown.join(', ')}`);
const chosen = [...listed, ...MORE].filter(({ defence }) => words.every((word) => defence.includes(word)));
try {
  for (const { defence, edits } of chosen) {
    try {
      for (const one of edits) edit(one);
      if (isBuilt(edits)) build();
      const [runs, promise] = noticed() ?? [];
      console.log(`| ${defence} | ${runs ?? `not after ${MOST_RUNS}`} | ${promise ?? ''} |`);
      if (runs === undefined) process.exitCode = 1;
    } finally {
      restore();
      if (isBuilt(edits)) build();
    }
  }
} finally {
  build();
}
