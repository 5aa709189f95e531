import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sources } from './sources.ts'

/** The layers of core, lowest first: a file may import from its own layer and those below it. */
const LAYERS = [
  { name: 'errors, bytes and hashes', files: /^(errors\/.*|(errors|bytes|hashing)\.ts)$/ },
  { name: 'phone number', files: /^phone-number\// },
  {
    name: 'rules',
    files:
      /^(challenge\/(challenge|one-time-code)|budget\/.*|message\/(sms-text|segments|templates|locale|reference)|token\/(keys|key-set|key-set-problems|key-rotation|access-token-keys|refresh-token)|profile\/(profile|schema-problems))\.ts$/,
  },
  { name: 'ports', files: /^ports\// },
  { name: 'memory stores', files: /^memory\// },
  { name: 'senders', files: /^senders\// },
  { name: 'tokens of a session', files: /^token\/(access-token|verified-tokens|live-sessions|remember)\.ts$/ },
  {
    name: 'events, options and settings',
    files: /^(events\.ts|hooks\.ts|options\.ts|settings\/.*|profile\/profile-result\.ts)$/,
  },
  { name: 'stores put together', files: /^(stores\/.*|context\.ts)$/ },
  { name: 'use cases', files: /^(account|challenge|message|profile|purge|session)\// },
  { name: 'PhoneAuth', files: /^phone-auth\.ts$/ },
  { name: 'entry points', files: /^(index|memory|senders)\.ts$/ },
]

/** Which packages each package's sources may import, besides Node.js modules where a package is for Node.js. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  core: ['bowser', 'cockatiel', 'jose', 'libphonenumber-js', 'zod'],
  kysely: ['@phone-auth/core', 'kysely'],
  sqlite: ['@phone-auth/kysely', 'better-sqlite3', 'kysely', 'node:fs', 'node:path'],
  postgres: ['@phone-auth/kysely', 'kysely', 'node:crypto', 'pg'],
  console: ['@phone-auth/core'],
  twilio: [
    '@phone-auth/core',
    'cockatiel',
    'node:async_hooks',
    'node:http',
    'node:https',
    'node:net',
    'node:tls',
    'twilio',
  ],
  http: ['@phone-auth/core', 'hono', 'lossless-json', 'node:http', 'zod'],
  conformance: ['@phone-auth/core', 'node:assert', 'node:child_process'],
  bench: [
    '@phone-auth/conformance',
    '@phone-auth/core',
    '@phone-auth/http',
    '@phone-auth/postgres',
    '@phone-auth/sqlite',
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
  [...source.matchAll(/^(?:import|export)\s(?:[^'";]*?\sfrom\s)?'([^']+)'/gms)].map((match) => match[1] ?? '')

const layerOf = (path: string) => LAYERS.findIndex(({ files }) => files.test(path))

describe('the architecture', () => {
  it('knows the layer of every file of core', () => {
    expect(sources().filter(({ path }) => layerOf(path) === -1)).toEqual([])
  })

  it('has one direction: no file of core imports from a layer above its own', () => {
    const wrong: string[] = []
    for (const { path, source } of sources()) {
      for (const target of imports(source).filter((name) => name.startsWith('.'))) {
        const imported = new URL(target, `file:///${path}`).pathname.slice(1)
        if (layerOf(imported) > layerOf(path)) wrong.push(`${path} imports ${imported}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('has no cycles', () => {
    for (const name of Object.keys(PACKAGES)) {
      const files = sourcesOf(name)
      const edges = new Map(
        files.map(({ path, source }) => [
          path,
          imports(source)
            .filter((target) => target.startsWith('.') && target.endsWith('.ts'))
            .map((target) => new URL(target, `file:///${path}`).pathname.slice(1)),
        ]),
      )
      for (const { path } of files) expect(cycleFrom(path, edges), name).toBeNull()
    }
  })

  it('lets packages import only what they may', () => {
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

  it('core uses no Node.js API', () => {
    for (const { path, source } of sources()) {
      expect(source, path).not.toMatch(/\b(Buffer|__dirname|require|setImmediate)\b\s*[.(]|from 'node:/)
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
