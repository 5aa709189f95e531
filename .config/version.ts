import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// Raises the version of all published packages by the pending changesets, and writes their texts
// into CHANGELOG.md. All packages share one version and one changelog.

const BUMPS = ['major', 'minor', 'patch'] as const

const changesets = readdirSync('.changeset')
  .filter((name) => name.endsWith('.md') && name !== 'README.md')
  .map((name) => readFileSync(join('.changeset', name), 'utf8'))
  .map((text) => {
    const [, packages = '', summary = ''] = /^---\n(.*?)^---\n(.*)$/ms.exec(text) ?? []
    return { bump: BUMPS.find((bump) => packages.includes(`: ${bump}`)), summary: summary.trim() }
  })

const changeset = join(import.meta.dirname, '../node_modules/.bin/changeset')
const { status } = spawnSync(changeset, ['version'], { stdio: 'inherit' })
if (status !== 0) process.exit(1)

const sections = BUMPS.flatMap((bump) => {
  const items = changesets.filter((changeset) => changeset.bump === bump)
  const lines = items.map(({ summary }) => `- ${summary.replaceAll(/\n(?=.)/g, '\n  ')}`)
  return lines.length === 0 ? [] : [`### ${bump[0]?.toUpperCase()}${bump.slice(1)} changes\n\n${lines.join('\n')}\n`]
})

if (sections.length > 0) {
  const { version } = JSON.parse(readFileSync('packages/core/package.json', 'utf8')) as { version: string }
  const changelog = readFileSync('CHANGELOG.md', 'utf8')
  writeFileSync(
    'CHANGELOG.md',
    changelog.replace(/^(?=## )/m, () => `## ${version}\n\n${sections.join('\n')}\n`),
  )
}
