import { describe, expect, it } from 'vitest'
import { startProblems } from '../setup.ts'

const STRONG = 'nUq5zX0m9T2w7RkVbYc3sLdPjHgF8eAa'
const REQUIRED = 'secret is required and must have at least 32 random bytes; create one with `openssl rand -base64 48`.'
const WEAK =
  'secret must have at least 32 bytes and not be a repeated pattern; create one with `openssl rand -base64 48`.'
const TWICE = 'secret lists the same secret twice; remove one of them.'

describe('the secret', () => {
  it.each([
    ['of 32 bytes', STRONG],
    ['of 32 bytes in fewer characters', 'äbcdëfghïjklmnöpqrstüvwxyzàé'],
    ['of eight different characters', 'abcdefghaacegbdfhhabgfcedhaabbccdd'],
    ['that only begins with a repetition', `aaaa${STRONG}`],
    ['that only ends with a repetition', `${STRONG}aaaa`],
    ['among several', [STRONG, `${STRONG}2`]],
  ])('is accepted: one %s', (_, secret) => {
    expect(startProblems({ secret })).toEqual([])
  })

  it.each([
    ['it is missing', undefined, REQUIRED],
    ['the list is empty', [], REQUIRED],
    ['it is empty', '', WEAK],
    ['it has 31 bytes', STRONG.slice(1), WEAK],
    ['it repeats a word', 'change-me-'.repeat(8), WEAK],
    ['it repeats a word and adds an ending', `${'change-me-'.repeat(8)}please`, WEAK],
    ['it repeats a line', 'change-me\n'.repeat(8), WEAK],
    ['it has seven different characters', 'abcdefgaacegbdfgabgfcedgaabbccddee', WEAK],
    ['it is no text', 5, WEAK],
    ['one of several is weak', [STRONG, 'short'], WEAK],
    ['it is listed twice', [STRONG, STRONG], TWICE],
  ])('is refused if %s', (_, secret, reason) => {
    expect(startProblems({ secret })).toEqual([reason])
  })

  it('is not quoted in the reason', () => {
    expect(startProblems({ secret: 'hunter2hunter2' }).join()).not.toContain('hunter2')
  })
})
