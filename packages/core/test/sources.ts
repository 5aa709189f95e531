import { readdirSync, readFileSync } from 'node:fs'

/** Every source file of core, with its path below `src`. */
export function sources(): { path: string; source: string }[] {
  const root = new URL('../src/', import.meta.url)
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path, source: readFileSync(new URL(path, root), 'utf8') }))
}
