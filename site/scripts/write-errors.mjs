// Writes the page of all errors into the site.
import { mkdirSync, writeFileSync } from 'node:fs';
import { errorsPage } from './errors-page.mjs';

const folder = new URL('../reference/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('errors.md', folder), errorsPage);
