import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Converter, ReferenceType, ReflectionKind } from 'typedoc';
import { packages } from './packages.mjs';

// TypeDoc calls a module by its source: `core/src` for `packages/core/src/index.ts`.
const nameOf = (source) => source.replace(/^packages\/|(\/index)?\.ts$/g, '');
const entries = new Map(
  packages.flatMap((each) => each.entries).map((entry) => [nameOf(entry.source), entry]),
);

/**
 * Names pages and titles after what is imported. A page is `server-web`, not `server/web`: beside the page `server` a static
 * host could take the folder for it.
 */
export function load(app) {
  const titles = new Map();
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      const entry = entries.get(module.name);
      if (entry === undefined) continue;
      module.name = entry.page;
      titles.set(entry.page, `\`${entry.specifier}\``);
    }
    for (const variable of project.getReflectionsByKind(ReflectionKind.Variable)) {
      // Its inferred type is 29 kB of text.
      if (variable.name === 'stepUpMachine') {
        variable.type = ReferenceType.createBrokenReference('StateMachine', project, 'xstate');
      }
    }
  });
  app.on('bootstrapEnd', () => {
    app.options.setValue('pageTitleTemplates', {
      module: ({ name }) => `API of ${titles.get(name) ?? name}`,
    });
  });
  app.renderer.postRenderAsyncJobs.push(async ({ outputDirectory }) => repairAnchors(outputDirectory));
}

/** TypeDoc also counts signatures that get no heading: `#name-3` is then the second heading `name`, whose anchor is `#name-1`. */
function repairAnchors(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith('.md'));
  const pages = new Map(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  const anchors = new Map([...pages].map(([name, text]) => [name, anchorsOf(text)]));
  for (const [name, text] of pages) {
    const repaired = text.replace(/\]\(([\w-]+\.md)?#([\w-]+)-(\d+)\)/g, (link, page, anchor, count) => {
      const known = anchors.get(page ?? name);
      if (known === undefined || known.has(`${anchor}-${count}`)) return link;
      let last = Number(count);
      while (last > 0 && !known.has(`${anchor}-${last}`)) last -= 1;
      return `](${page ?? ''}#${anchor}${last === 0 ? '' : `-${last}`})`;
    });
    if (repaired !== text) writeFileSync(join(folder, name), repaired);
  }
}

function anchorsOf(text) {
  const counts = new Map();
  return new Set(
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => {
      const slug = heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\- _]/gu, '')
        .trim()
        .replaceAll(' ', '-');
      const count = counts.get(slug) ?? 0;
      counts.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    }),
  );
}
