import { describe, expect, it } from 'vitest'
import { startProblems } from '../setup.ts'

/** The options with one value at a path such as `code.ttl`. */
function optionsWith(path: string, value: unknown): Record<string, unknown> {
  return path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Record<string, unknown>
}

describe('an option', () => {
  it.each([
    ['code.length', 6, 10],
    ['code.maxAttempts', 1, 10],
    ['code.maxAttemptsByNumber', 0, 4],
    ['code.maxSends', 1, 10],
    ['session.max', 1, 1000],
    ['limits.guessesInARow', 5, 100],
  ])('%s accepts whole numbers from %i to %i, and no others', (path, min, max) => {
    for (const value of [min, max]) expect(startProblems(optionsWith(path, value))).toEqual([])
    for (const value of [min - 1, max + 1, min + 0.5, String(min)]) {
      // Some values also contradict other options.
      expect(startProblems(optionsWith(path, value)), String(value)).toContain(
        `${path} must be a whole number from ${min} to ${max}.`,
      )
    }
  })

  it.each([
    ['code.ttl', 30, 600],
    ['accessToken.ttl', 1, 3600],
    ['accessToken.clockTolerance', 0, 60],
    ['session.idle', 60, 31_622_400],
    ['session.absolute', 60, 31_622_400],
    ['session.reuseWindow', 0, 30],
    ['session.cacheAge', 0, 300],
    ['session.fresh', 1, 86_400],
    ['dormantAfter', 86_400, 31_622_400],
    ['messages.sendTimeout', 1, 10],
    ['limits.knownNetwork', 86_400, 31_622_400],
    ['limits.knownDevice', 86_400, 31_622_400],
  ])('%s accepts durations from %i to %i seconds, and no others', (path, min, max) => {
    for (const value of [min, max]) expect(startProblems(optionsWith(path, `${value}s`))).toEqual([])
    for (const value of [`${min - 1}s`, `${max + 1}s`, min, `${min}`]) {
      expect(startProblems(optionsWith(path, value)), String(value)).toEqual([
        `${path} must be a duration such as "30s", "10m", "24h" or "30d", from ${min} to ${max} seconds.`,
      ])
    }
  })

  it.each([
    ['registration', ['open', 'closed']],
    ['code.resend', ['repeat', 'rotate']],
    ['code.hardened', ['auto', 'alphanumeric', 'digits']],
  ])('%s accepts only %j', (path, words) => {
    for (const word of words) expect(startProblems(optionsWith(path, word))).toEqual([])
    const choice = words.map((word) => `"${word}"`).join(' or ')
    for (const value of ['', 'other', true]) {
      expect(startProblems(optionsWith(path, value))).toEqual([`${path} must be ${choice}.`])
    }
  })
})
