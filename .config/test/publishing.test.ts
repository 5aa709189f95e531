import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bin = join(root, 'node_modules/.bin')
const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' }
const temporary = mkdtempSync(join(tmpdir(), 'phone-auth-publishing-'))

afterAll(() => rmSync(temporary, { recursive: true }))

interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly description?: string
  readonly keywords?: readonly string[]
  readonly license?: string
  readonly files?: readonly string[]
  readonly scripts: Record<string, string>
}

const manifestOf = (folder: string) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
const published = readdirSync(join(root, 'packages'))
  .map((name) => manifestOf(join(root, 'packages', name)))
  .filter((manifest) => manifest.private !== true)

describe('the published packages', () => {
  it('share one version, one license and one set of scripts, and have a description and keywords', () => {
    const [first] = published
    expect(published.length).toBeGreaterThan(7)
    for (const { name, version, license, files, scripts, description, keywords } of published) {
      expect({ version, license, files, scripts }, name).toEqual({
        version: first?.version,
        license: 'MIT',
        files: ['dist'],
        scripts: first?.scripts,
      })
      expect(description?.length, name).toBeGreaterThan(20)
      expect(keywords, name).toContain('phone-auth')
    }
    expect(readFileSync(join(root, 'CHANGELOG.md'), 'utf8')).toContain(`\n## ${first?.version}\n`)
  })

  it('are packed with the license and the files of their exports, even when nothing was built', () => {
    const folder = join(root, 'packages/console')
    rmSync(join(folder, 'dist'), { recursive: true, force: true })
    execFileSync(join(bin, 'pnpm'), ['pack', '--pack-destination', temporary], { cwd: folder, env })
    const [tarball = ''] = readdirSync(temporary).filter((name) => name.endsWith('.tgz'))
    execFileSync('tar', ['xzf', join(temporary, tarball), '-C', temporary])
    const unpacked = join(temporary, 'package')
    expect(readdirSync(unpacked, { recursive: true, encoding: 'utf8' }).toSorted()).toEqual([
      'LICENSE',
      'README.md',
      'dist',
      'dist/index.d.ts',
      'dist/index.js',
      'dist/index.js.map',
      'package.json',
    ])
    expect(readFileSync(join(unpacked, 'LICENSE'), 'utf8')).toBe(readFileSync(join(root, 'LICENSE'), 'utf8'))
    expect(readFileSync(join(unpacked, 'package.json'), 'utf8')).not.toMatch(/workspace:|catalog:|phone-auth\/source/)
  })
})

describe('npm run version', () => {
  it('raises the version of all published packages together, and records the changes in one changelog', () => {
    const workspace = join(temporary, 'workspace')
    const write = (path: string, content: string) => {
      mkdirSync(dirname(join(workspace, path)), { recursive: true })
      writeFileSync(join(workspace, path), content)
    }
    const manifest = (name: string, rest = {}) => JSON.stringify({ name, version: '0.1.0', ...rest })
    write('package.json', JSON.stringify({ private: true, packageManager: 'pnpm@12.21.0' }))
    write('pnpm-workspace.yaml', 'packages: [packages/*]\n')
    write('packages/core/package.json', manifest('@phone-auth/core'))
    write('packages/http/package.json', manifest('@phone-auth/http'))
    write('packages/bench/package.json', manifest('@phone-auth/bench', { private: true }))
    write('CHANGELOG.md', '# Changelog\n\nOf all packages.\n\n## 0.1.0\n\nThe first version.\n')
    write('.changeset/one.md', '---\n"@phone-auth/http": patch\n---\n\nA fix.\n')
    write('.changeset/two.md', '---\n"@phone-auth/core": minor\n---\n\nA feature.\n\nIn two paragraphs.\n')
    cpSync(join(root, '.changeset/config.json'), join(workspace, '.changeset/config.json'))

    execFileSync(process.execPath, [join(root, '.config/version.ts')], { cwd: workspace, env })

    const versions = ['core', 'http', 'bench'].map((name) => manifestOf(join(workspace, 'packages', name)).version)
    expect(versions).toEqual(['0.2.0', '0.2.0', '0.1.0'])
    expect(readdirSync(join(workspace, '.changeset'))).toEqual(['config.json'])
    expect(readdirSync(join(workspace, 'packages/core'))).toEqual(['package.json'])
    expect(readFileSync(join(workspace, 'CHANGELOG.md'), 'utf8')).toBe(
      '# Changelog\n\nOf all packages.\n\n' +
        '## 0.2.0\n\n### Minor changes\n\n- A feature.\n\n  In two paragraphs.\n\n### Patch changes\n\n- A fix.\n\n' +
        '## 0.1.0\n\nThe first version.\n',
    )
  })
})
