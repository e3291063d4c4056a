import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { leadOf } from '../../site/.vitepress/machine-readable.ts';

const docs = new URL('../../docs/', import.meta.url);
const PAGES = readdirSync(docs, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
const proseOf = (page) => readFileSync(new URL(page, docs), 'utf8').replace(/^```.*?^```$/gms, '');

/** The most characters of a cell, as they are shown, and the most words of the paragraph below the title. */
const CELL = 120;
const OPENING = 50;

/** The lines of a cell, without the addresses of its links. */
const linesOf = (cell) =>
  cell
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .split('<br>')
    .map((line) => line.trim());

/** Cells of tables that are too long to be read. The list of defences names tests, whose titles are sentences. */
function longCells(page) {
  const [text] = proseOf(page).split('\n## Defences and their tests\n');
  const rows = text.split('\n').filter((line) => line.startsWith('|') && !line.startsWith('| --'));
  return rows
    .flatMap((row) => row.split(/(?<!\\)\|/).flatMap(linesOf))
    .filter((line) => line.length > CELL)
    .map((line) => `${page} (${line.length}): ${line}`);
}

describe('the pages of docs/', () => {
  it(`have no cell of more than ${CELL} characters: put the rest below the table`, () => {
    expect(PAGES.length).toBeGreaterThan(25);
    expect(PAGES.flatMap(longCells)).toEqual([]);
  });

  it(`say in ${OPENING} words below the title what they are for`, () => {
    const openings = PAGES.map((page) => [page, proseOf(page).split('\n\n')[1]?.split(/\s+/).length ?? 0]);
    expect(openings.filter(([, words]) => words > OPENING || words < 4)).toEqual([]);
  });
});

describe('the description of a page in llms.txt', () => {
  const packages = new URL('../../packages/', import.meta.url);
  const readmes = readdirSync(packages).map((name) => new URL(`${name}/README.md`, packages));
  const pages = [...PAGES.map((page) => new URL(page, docs)), ...readmes].filter((url) => existsSync(url));

  it('is a whole sentence', () => {
    expect(pages.length).toBeGreaterThan(40);
    const leads = pages.map(
      (url) => `${url.pathname.split('/').slice(-3).join('/')}: ${leadOf(readFileSync(url, 'utf8'))}`,
    );
    expect(leads.filter((lead) => !lead.endsWith('.'))).toEqual([]);
  });

  it('goes on after a colon, and says links in words', () => {
    expect(leadOf('# A\n\nFor [Koa](k.md) 3: step-up by push. More.\n')).toBe('For Koa 3: step-up by push.');
  });
});
