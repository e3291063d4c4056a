import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const textOf = (file) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

/** The members of an interface in a source. */
function membersOf(file, name) {
  const [, body = ''] =
    new RegExp(`^export interface ${name}\\b.*?\\{\\n(.*?)^\\}`, 'ms').exec(textOf(file)) ?? [];
  return [...body.matchAll(/^ {2}readonly (\w+)/gm)].map(([, member]) => member);
}

/** The part of a page from a heading, or from its beginning, to the next heading. */
function sectionOf(page, heading) {
  const [before, ...rest] = textOf(page).split(/^#{2,3} /m);
  if (heading === undefined) return before;
  return rest.find((section) => section.startsWith(`${heading}\n`)) ?? '';
}

/** The names in the first column of the tables of a text. A row can have more than one. */
function namedIn(text) {
  const cells = [...text.matchAll(/^\| (`.*?)\|/gm)].map(([, cell]) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`(?:\w+\.)*(\w+)`/g)].map(([, name]) => name));
}

const sorted = (names) => [...new Set(names)].toSorted((a, b) => a.localeCompare(b));

describe('the pages name exactly what can be set and seen', () => {
  it('of a gate', () => {
    const named = namedIn(sectionOf('docs/reference/options.md'));
    const known = [
      ...membersOf('packages/server/src/gate/gate-options.ts', 'GateOptions'),
      ...membersOf('packages/server/src/events/audit.ts', 'AuditListeners'),
    ];
    expect(known.length).toBeGreaterThan(20);
    // What replaces parts in tests has a section of its own.
    expect(sorted(named)).toEqual(sorted(known.filter((name) => name !== 'testing')));
  });

  it('of the provider auth0', () => {
    const source = 'packages/server/src/auth0/auth0.ts';
    const known = [...membersOf(source, 'Auth0Settings'), ...membersOf(source, 'MfaApiSettings')];
    expect(known.length).toBeGreaterThan(8);
    expect(sorted(namedIn(sectionOf('docs/reference/options.md', '`auth0`')))).toEqual(sorted(known));
  });

  it('of a policy', () => {
    const known = membersOf('packages/server/src/policy/policy.ts', 'Policy');
    expect(known.length).toBeGreaterThan(6);
    expect(sorted(namedIn(sectionOf('docs/guides/guarding-routes.md', 'Policies')))).toEqual(sorted(known));
  });

  it('of a view', () => {
    const known = membersOf('packages/core/src/machine/view.ts', 'FlowView');
    expect(known.length).toBeGreaterThan(15);
    expect(sorted(namedIn(sectionOf('docs/guides/custom-ui.md', 'The view')))).toEqual(sorted(known));
  });

  it('of the events of a flow', () => {
    const events = textOf('packages/core/src/machine/events.ts');
    const [, union = ''] = /export type StepUpRequest =\n(.*?);\n\n/s.exec(events) ?? [];
    const known = [...union.matchAll(/type: '([\w.]+)'/g)].map(([, type]) => type);
    const table = sectionOf('docs/reference/endpoints.md', 'Events');
    const named = [...table.matchAll(/^\| `(\w+\.\w+)`/gm)].map(([, type]) => type);
    expect(known.length).toBeGreaterThan(7);
    // A flow is started by its own endpoint.
    expect(sorted(named)).toEqual(sorted(known.filter((type) => type !== 'flow.start')));
  });
});
