import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { consoleSender } from '@phone-auth/console'
import { PhoneAuth } from '@phone-auth/core'
import { memoryStores } from '@phone-auth/core/memory'
import { STATUS } from '@phone-auth/http'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const packages = readdirSync(join(root, 'packages'))
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const pages = [
  'README.md',
  'SECURITY.md',
  'CHANGELOG.md',
  '.github/CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
  ...packages.map((name) => `packages/${name}/README.md`),
]
const sources = packages.flatMap((name) =>
  readdirSync(join(root, `packages/${name}/src`), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => `packages/${name}/src/${path}`),
)
const tests = ['packages', 'examples'].flatMap((folder) =>
  readdirSync(join(root, folder)).flatMap((name) => {
    const path = `${folder}/${name}/test`
    if (!existsSync(join(root, path))) return []
    const files = readdirSync(join(root, path), { recursive: true, encoding: 'utf8' })
    return files.filter((file) => file.endsWith('.ts')).map((file) => `${path}/${file}`)
  }),
)

const blocksOf = (text: string) => [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '')
const withoutStars = (source: string) => source.replace(/^ *\* ?/gm, '')

describe('the documentation', () => {
  it('compiles: every code block of every page and doc comment', () => {
    const folder = join(root, '.snippets')
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
    const snippets = [
      ...pages.flatMap((path) => blocksOf(read(path)).map((code) => ({ path, code }))),
      ...sources.flatMap((path) => blocksOf(withoutStars(read(path))).map((code) => ({ path, code }))),
    ]
    expect(snippets.length).toBeGreaterThan(15)
    for (const [index, { path, code }] of snippets.entries()) {
      writeFileSync(join(folder, `${index}.ts`), `// ${path}\n${code}\nexport {}\n`)
    }
    const options = { extends: '../tsconfig.base.json', compilerOptions: { types: ['node'], resolveJsonModule: true } }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options))
    const compiler = join(root, 'node_modules/typescript-native/bin/tsc')
    expect(() => execFileSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' })).not.toThrow()
  })

  it("runs: the README's first program prints a code, takes it and signs in", async () => {
    const [program = ''] = blocksOf(read('README.md'))
    expect(program.trimEnd().split('\n').length).toBeLessThan(20)
    const file = join(root, '.snippets', 'readme.mts')
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, program)
    const child = spawn(process.execPath, ['--conditions=@phone-auth/source', file], { cwd: root })
    let output = ''
    for await (const text of child.stdout.setEncoding('utf8')) {
      output += text
      const code = /: ([0-9]{6}) is your Phone Auth code.*\nThe code, please: $/.exec(output)?.[1]
      if (code !== undefined) child.stdin.end(`${code}\n`)
    }
    expect(output).toMatch(/^SMS to \+14155550123: [0-9]{6} is your Phone Auth code\. It expires in 10 min\.\n/)
    expect(output).toMatch(/Hello, user 1\. Your access token has 3 parts\.\n$/)
  })

  it('links to pages, headings and files that exist', () => {
    for (const page of pages) {
      for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
        const [path = '', heading] = target.split('#')
        const linked = path === '' ? page : join(dirname(page), path)
        expect(existsSync(join(root, linked)), `${page} links to ${target}`).toBe(true)
        if (heading === undefined) continue
        const headings = [...read(linked).matchAll(/^#+ (.*)$/gm)].map(([, text = '']) => slug(text))
        expect(headings, `${page} links to ${target}`).toContain(heading)
      }
    }
  })

  it('lists in docs/security.md only promises that a test proves, and test files that exist', () => {
    const names =
      tests.map(read).join('\n') +
      sources
        .filter((path) => /^packages\/(conformance|sql-tests)\//.test(path))
        .map(read)
        .join('\n')
    const page = read('docs/security.md')
    const ids = [...page.matchAll(/^\| ([A-Z]+-\d+) \|/gm)].map((match) => match[1] ?? '')
    expect(ids.length).toBeGreaterThan(30)
    for (const id of ids)
      expect(new RegExp(`(it\\(|name:)\\s*(['"\`])(\\w+-\\d+ )*${id}\\b|'${id}',|\`${id} sees`).test(names), id).toBe(
        true,
      )
    for (const [, file = ''] of page.matchAll(/`([\w-]+\/(?:src|test)\/[\w./-]+)`/g)) {
      expect(
        [...tests, ...sources].some((path) => path.endsWith(`/${file}`)),
        file,
      ).toBe(true)
    }
  })

  it('draws the way of a request to its row through at most a dozen files, all of which exist', () => {
    const [diagram = ''] = /POST \/auth\/signup {2}\{[\s\S]*?^```$/m.exec(read('docs/design.md')) ?? []
    let folder = ''
    const files = diagram.split('\n').flatMap((line) => {
      folder = /packages\/\w+\/src/.exec(line)?.[0] ?? folder
      const file = /─ ([\w/-]+\.ts) /.exec(line)?.[1]
      return file === undefined ? [] : `${folder}/${file}`
    })
    expect(files.length).toBeGreaterThan(6)
    expect(files.length).toBeLessThanOrEqual(12)
    for (const file of files) expect(existsSync(join(root, file)), file).toBe(true)
  })

  it('OTP-12 shows only secrets that are refused in production', () => {
    const texts = [...pages, ...sources].flatMap((path) => blocksOf(withoutStars(read(path))))
    const secrets = new Set(texts.flatMap((code) => [...code.matchAll(/secret: '([^']+)'/g)].map(([, text]) => text)))
    expect(secrets.size).toBeGreaterThan(0)
    for (const secret of secrets) {
      const create = () =>
        new PhoneAuth({
          ...memoryStores(),
          smsSender: consoleSender(),
          secret,
          allowedRegions: ['US'],
          environment: 'production',
        })
      expect(create, secret).toThrow('secret must not be used in production')
    }
  })

  it('lists every error with its status, and with what the client does next', () => {
    const page = read('docs/getting-started.md')
    const rows = [...page.matchAll(/^\| `(\w+)` \| (\d{3}) \| [^|]+ \| [^|]+ \|$/gm)]
    expect(Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)]))).toEqual(STATUS)
  })
})

function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}
