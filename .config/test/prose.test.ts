import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const MAX_COLUMNS = 100

/** The files below some folders of the repository whose name ends like this, with their text. */
function files(ending: string, ...folders: readonly string[]): { path: string; text: string }[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((path) => path.endsWith(ending) && !/(^|\/)(node_modules|dist|\.turbo|\.pack)\//.test(path))
      .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') })),
  )
}

const sources = files('.ts', 'packages', 'examples', '.config')
const pages = [
  ...files('.md', 'docs', 'packages', 'examples', '.github'),
  ...['README.md', 'SECURITY.md', 'CHANGELOG.md'].map((path) => ({
    path,
    text: readFileSync(join(root, path), 'utf8'),
  })),
]

/**
 * The lines of a page that are prose: neither code, nor a table, nor an address that cannot be
 * broken.
 */
function proseLines(text: string): string[] {
  return text
    .replace(/^---\n[\s\S]*?\n---\n/, '')
    .replace(/^( *)```[\s\S]*?^\1```$/gm, '')
    .split('\n')
    .filter((line) => !line.startsWith('|'))
}

/** The lines of a source that are comments, with their marks. */
function commentLines(text: string): string[] {
  return text.split('\n').filter((line) => /^\s*(\/\/|\/\*\*|\*( |$|\/))/.test(line))
}

const canBeBroken = (line: string) =>
  line
    .trim()
    .replace(/^(\/\/|\/\*\*|\*|[-*]|\d+\.) +/, '')
    .includes(' ')

describe('the prose', () => {
  it(`wraps comments at ${MAX_COLUMNS} columns`, () => {
    const long = sources.flatMap(({ path, text }) =>
      commentLines(text)
        .filter((line) => line.length > MAX_COLUMNS && canBeBroken(line) && !line.includes('biome-ignore'))
        .map((line) => `${path}: ${line.trim()}`),
    )
    expect(long).toEqual([])
  })

  it(`wraps Markdown at ${MAX_COLUMNS} columns`, () => {
    const long = pages.flatMap(({ path, text }) =>
      proseLines(text)
        .filter((line) => line.length > MAX_COLUMNS && canBeBroken(line))
        .map((line) => `${path}: ${line}`),
    )
    expect(long).toEqual([])
  })

  // Indefinite subjects hide which part acts. A sentence names it: you, the caller, the server, the
  // store.
  const indefinite = /\b(who|whoever|whom|whose|somebody|nobody|whatever)\b/gi
  const perThousand = (texts: readonly string[]) => {
    const words = texts.join(' ').split(/\s+/).length
    return (1000 * (texts.join(' ').match(indefinite)?.length ?? 0)) / words
  }

  it('names the subject of a sentence: at most one indefinite pronoun in 1 000 words of the pages', () => {
    expect(perThousand(pages.map(({ text }) => text))).toBeLessThanOrEqual(1)
  })

  it('names the subject of a sentence: at most one indefinite pronoun in 1 000 words of the comments', () => {
    const comments = sources
      .filter(({ path }) => path.includes('/src/'))
      .map(({ text }) => commentLines(text).join(' '))
    expect(perThousand(comments)).toBeLessThanOrEqual(1)
  })

  it('names the subject of a sentence: no indefinite pronoun in an error message or a test name', () => {
    const quoted = /(['"`])(?:(?!\1)[^\\\n]|\\.)*\1/g
    const found = sources.flatMap(({ path, text }) => {
      const code = text
        .split('\n')
        .filter((line) => !/^\s*(\/\/|\/\*\*|\*)/.test(line))
        .join('\n')
      const isPath = (literal: string) => /^['"`](\.|node:|@phone-auth)/.test(literal)
      return (code.match(quoted) ?? [])
        .filter((literal) => literal.includes(' ') && !isPath(literal) && new RegExp(indefinite, 'i').test(literal))
        .map((literal) => `${path}: ${literal}`)
    })
    expect(found).toEqual([])
  })
})
