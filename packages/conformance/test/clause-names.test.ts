import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { jointStepsContract, otpStoreContract, sessionStoreContract, userStoreContract } from '../src/index.ts'

const contracts = {
  'otp-store': otpStoreContract,
  'user-store': userStoreContract,
  'session-store': sessionStoreContract,
  'joint-steps': jointStepsContract,
}

/** A sentence without its punctuation, and a clause's name without the ids of its promises. */
const plain = (text: string) =>
  text
    .replace(/^(?:[A-Z]+-\d+ )+/, '')
    .replaceAll('`', '')
    .replace(/\.$/, '')
    .toLowerCase()

const sentences = (text: string) => text.split(/(?<=\.) /).map(plain)

/** The paragraphs and bullets of a file's doc comments, each on one line. */
function paragraphs(source: string): string[] {
  const comments = source.match(/\/\*\*[\s\S]*?\*\//g) ?? []
  return comments
    .flatMap((comment) =>
      comment
        .replace(/^\/\*\*|\*\/$/g, '')
        .replace(/^ *\* ?/gm, '')
        .split(/\n\n|\n(?=- )/),
    )
    .map((paragraph) => paragraph.replace(/\s+/g, ' ').trim())
}

describe.each(Object.entries(contracts))('the documentation of %s', (port, contract) => {
  const documented = paragraphs(readFileSync(new URL(`../../core/src/ports/${port}.ts`, import.meta.url), 'utf8'))
  const clauses = contract.map(({ name }) => plain(name))

  it('has a clause for each bullet, in the same words', () => {
    const bullets = documented.filter((paragraph) => paragraph.startsWith('- '))
    const promised = bullets.map((bullet) => sentences(bullet.slice(2))[0])
    expect(promised.length).toBeGreaterThan(0)
    expect(promised.filter((promise) => !clauses.includes(promise ?? ''))).toEqual([])
  })

  it('has a sentence for each clause, in the same words', () => {
    const stated = documented.flatMap((paragraph) => sentences(paragraph.replace(/^- /, '')))
    expect(clauses.filter((clause) => !stated.includes(clause))).toEqual([])
  })
})
