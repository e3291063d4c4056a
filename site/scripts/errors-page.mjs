// Makes the page of all errors from the sources: each code with its status, what it means and the messages that come with
// it, the messages of wrong options, and what the doctor finds. Somebody who searches the site for a message finds it here.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGES = [
  'core',
  'server',
  'express',
  'koa',
  'hono',
  'fastify',
  'nest',
  'next',
  'mcp',
  'web',
  'sqlite',
  'postgres',
  'redis',
];

/** How a refusal by the provider begins; what to repair follows, where a rule knows it. */
const REFUSED = '… was refused: …';

/** The members of an object of codes, each with its status and its comment. */
function codesOf(file) {
  const source = readFileSync(join(root, file), 'utf8');
  return [...source.matchAll(/\/\*\* ([^*]+) \*\/\n {2}(\w+): (\d+),/g)].map(([, meaning, code, status]) => ({
    code,
    status,
    meaning,
  }));
}

/** The messages of the errors that a source makes, each with the code or the class of its error. */
function messagesOf(file) {
  const { program } = parseSync(basename(file), readFileSync(file, 'utf8'));
  const constants = new Map();
  const functions = new Map();
  const made = [];
  const hints = [];
  const calls = [];
  const enclosing = [];
  const enter = (node) => {
    enclosing.push(node);
    const name = node.id?.name;
    if (name !== undefined) functions.set(name, node);
  };
  const leave = () => void enclosing.pop();
  new Visitor({
    VariableDeclarator({ id, init }) {
      if (id.type === 'Identifier' && init !== null) constants.set(id.name, init);
    },
    FunctionDeclaration: enter,
    'FunctionDeclaration:exit': leave,
    NewExpression({ callee, arguments: given }) {
      if (callee.type !== 'Identifier' || !/^(StepUp|Type|Range|Hook)?Error$/.test(callee.name)) return;
      const isCoded = callee.name === 'StepUpError';
      const [first, second] = given;
      const code = isCoded
        ? (first?.value ?? '')
        : callee.name === 'HookError'
          ? 'misconfigured'
          : callee.name;
      made.push({ code, message: isCoded ? second : first, within: enclosing.at(-1) });
    },
    // The rules by which refusals of the provider are read: a code, and what to repair.
    ObjectExpression({ properties }) {
      const memberOf = (name) => properties.find(({ key }) => key?.name === name)?.value;
      const code = memberOf('code')?.value;
      const hint = memberOf('hint');
      if (typeof code === 'string' && hint !== undefined) hints.push({ code, hint });
    },
    CallExpression(node) {
      if (node.callee.type === 'Identifier') calls.push({ name: node.callee.name, given: node.arguments });
    },
  }).visit(program);

  /** The texts that an expression can have, with `…` for what only the run tells. */
  function textsOf(node, depth = 0) {
    if (node === undefined || node === null || depth > 5) return ['…'];
    const of = (each) => textsOf(each, depth + 1);
    if (node.type === 'Literal') return typeof node.value === 'string' ? [node.value] : ['…'];
    if (node.type === 'TemplateLiteral') {
      return node.quasis
        .flatMap(({ value }, index) =>
          index === 0 ? [[value.cooked]] : [of(node.expressions[index - 1]), [value.cooked]],
        )
        .reduce((texts, options) => texts.flatMap((text) => options.map((option) => text + option)), ['']);
    }
    if (node.type === 'ConditionalExpression') return [...of(node.consequent), ...of(node.alternate)];
    if (node.type === 'BinaryExpression' && node.operator === '+') {
      return of(node.left).flatMap((left) => of(node.right).map((right) => left + right));
    }
    if (node.type === 'Identifier' && constants.has(node.name)) return of(constants.get(node.name));
    if (node.type === 'CallExpression' && functions.has(node.callee.name)) {
      const returned = functions
        .get(node.callee.name)
        .body.body.filter(({ type }) => type === 'ReturnStatement');
      return returned.length === 0 ? ['…'] : returned.flatMap(({ argument }) => of(argument));
    }
    return ['…'];
  }

  const advices = hints.flatMap(({ code, hint }) =>
    textsOf(hint).map((text) => ({ code, text: `${REFUSED}: ${text}` })),
  );
  const messages = made.flatMap(({ code, message, within }) => {
    // A function whose parameter is the message: its callers say it.
    const parameter =
      within?.params?.findIndex?.(({ name }) => message?.type === 'Identifier' && name === message.name) ??
      -1;
    const nodes =
      parameter === -1
        ? [message]
        : calls.filter(({ name }) => name === within.id?.name).map(({ given }) => given[parameter]);
    return nodes.flatMap((node) => textsOf(node).map((text) => ({ code, text })));
  });
  return [...advices, ...messages];
}

/** The texts by which the gate's options say what they accept. */
function optionTexts() {
  const folder = join(root, 'packages/server/src/gate');
  return readdirSync(folder).flatMap((name) =>
    [
      ...readFileSync(join(folder, name), 'utf8').matchAll(
        /'((?:must|needs|cannot|give|set) (?:[^'\\]|\\.)+)'/g,
      ),
    ].map(([, text]) => text),
  );
}

/** The sentences of the doctor: what it says about each check, and about its command line. */
function doctorTexts() {
  const folder = join(root, 'packages/doctor/src');
  const texts = [];
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => /^(checks\/.*|command-line|finding)\.ts$/.test(name))) {
    const { program } = parseSync(basename(file), readFileSync(join(folder, file), 'utf8'));
    new Visitor({
      Literal({ value }) {
        if (typeof value === 'string') texts.push(value);
      },
      TemplateLiteral({ quasis }) {
        texts.push(quasis.map(({ value }) => value.cooked).join('…'));
      },
    }).visit(program);
  }
  return texts.filter((text) => !text.includes('\n') && text.trim().split(/\s+/).length >= 4);
}

const tidy = (texts) =>
  [...new Set(texts.map((text) => text.replaceAll(/…+/g, '…').trim()))]
    .filter((text) => /[a-z]{2,} .*[a-z]{2,}/.test(text.replaceAll('…', '')))
    .toSorted((a, b) => a.localeCompare(b));
const list = (texts) => texts.map((text) => `- \`\`${text}\`\``).join('\n');

const all = PACKAGES.flatMap((name) => {
  let files = [];
  try {
    files = readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' });
  } catch {
    // A package that is not there has no messages.
  }
  return files
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('store-contract.ts'))
    .flatMap((file) =>
      messagesOf(join(root, 'packages', name, 'src', file)).map((each) => ({ name, ...each })),
    );
});

const requests = codesOf('packages/core/src/terms/request-codes.ts');
const reasons = codesOf('packages/core/src/terms/reason-codes.ts');
const section = ({ code, status, meaning }, where) => {
  const messages = tidy(all.filter((each) => each.code === code).map(({ text }) => text));
  const told = messages.length === 0 ? '' : `\n\nMessages:\n\n${list(messages)}`;
  return `### ${code}\n\n${meaning}\n\n${where} Status ${status}.${told}`;
};
const bare = PACKAGES.flatMap((name) => {
  const texts = all
    .filter((each) => each.name === name && /^(Type|Range)?Error$/.test(each.code))
    .map(({ text }) => text);
  const messages = tidy(name === 'server' ? [...texts, ...optionTexts().map((text) => `…: ${text}`)] : texts);
  return messages.length === 0 ? [] : [`### @stepgate/${name}\n\n${list(messages)}`];
});
if (requests.length < 15 || reasons.length < 20 || all.length < 100) {
  throw new Error('Too few codes or messages were found: a pattern of this script must be wrong.');
}

/** The page, as Markdown. */
export const errorsPage = `# Errors

Every code of Stepgate with what it means, and the messages that its sources spell out. Search for the code: in messages, \`…\` stands for what differs from case to case.

If you know only a symptom, begin with [Troubleshooting](../../docs/guides/troubleshooting.md).

## Codes of refused requests

The \`error\` of an answer, and the \`code\` of the \`StepUpError\` that \`gate.assert\` throws.

${requests.map((each) => section(each, 'An answer of the guard or the endpoints.')).join('\n\n')}

## Codes of flows

The \`reason\` in a view. Some refuse requests too: then the status says how.

${reasons
  .filter(({ code }) => requests.every((each) => each.code !== code))
  .map((each) => section(each, 'The reason of a flow.'))
  .join('\n\n')}

## Messages with more than one code

What the provider refused is told as \`POST oauth/token was refused: 401 access_denied\`: method, path, status and its own error, and for some what to repair. The code says how the flow goes on.

${list(tidy(all.filter(({ code, text }) => code === '' && !text.includes(' was refused: ')).map(({ text }) => text)))}
- \`\`the server is not set up rightly\`\` is what a client reads in place of a message that only the log may have: look there.

## Messages without a code

A wrong option is a \`TypeError\` when the object is made; what a store reports goes to its \`onError\`.

${bare.join('\n\n')}

## What the doctor says

A line for each check, with what to repair. Each check is in [its README](../../packages/doctor/README.md).

${list(tidy(doctorTexts()))}
`;
