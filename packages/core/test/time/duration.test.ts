import { describe, expect, it } from 'vitest'
import { durationSeconds } from '../../src/time/duration.ts'

describe('durationSeconds', () => {
  it.each([
    ['0s', 0],
    ['30s', 30],
    ['10m', 600],
    ['24h', 86_400],
    ['366d', 366 * 86_400],
    ['8784h', 366 * 86_400],
    ['999999999s', null],
    ['367d', null],
    ['31622401s', null],
    ['1000000000s', null],
    ['', null],
    ['s', null],
    ['30', null],
    ['030s', null],
    ['-1s', null],
    ['1.5h', null],
    ['1w', null],
    [' 30s', null],
    ['30s ', null],
    [['30s'], null],
    [30, null],
    [null, null],
  ])('LIM-10 reads %j as %j', (duration, seconds) => {
    expect(durationSeconds(duration)).toBe(seconds)
  })
})
