import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const source = (path: string) => readFileSync(new URL(path, new URL('../src/', import.meta.url)), 'utf8')
const manifest = JSON.parse(source('../package.json')) as {
  exports: Readonly<Record<string, { '@phone-auth/source': string }>>
}
const entries = Object.entries(manifest.exports).map(([name, entry]) => [name, entry['@phone-auth/source'].slice(6)])

/** Every name that a file exports, types included. */
function namesOf(path: string): string[] {
  const text = source(path)
  const listed = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gms)].flatMap(([, names = '']) =>
    names
      .split(',')
      .map((name) => name.replace(/^\s*(?:type )?/, '').trim())
      .filter((name) => name !== ''),
  )
  const declared = text.matchAll(/^export (?:abstract )?(?:async )?(?:class|const|function|interface|type) (\w+)/gm)
  const spread = [...text.matchAll(/^export \* from '([^']+)'/gm)].flatMap(([, target = '']) =>
    namesOf(new URL(target, `file:///${path}`).pathname.slice(1)),
  )
  return [...listed, ...[...declared].map(([, name = '']) => name), ...spread]
}

describe('the public surface', () => {
  it('has at most 76 names in the main entry, types included', () => {
    const names = namesOf('index.ts')
    expect(names).toEqual(expect.arrayContaining(['PhoneAuth', 'PhoneAuthOptions', 'InvalidCodeError', 'PhoneNumber']))
    expect(names.length).toBeLessThanOrEqual(76)
  })

  it('has each name in one entry only', () => {
    expect(entries.map(([name]) => name)).toEqual(['.', './adapters', './keys', './memory', './senders'])
    const homes = new Map<string, string[]>()
    for (const [entry = '', path = ''] of entries) {
      for (const name of namesOf(path)) homes.set(name, [...(homes.get(name) ?? []), entry])
    }
    expect(homes.size).toBeGreaterThan(100)
    expect([...homes].filter(([, where]) => where.length > 1)).toEqual([])
  })

  it('documents every option, with its default', () => {
    const files = [
      'delivery',
      'hooks',
      'limits',
      'operation',
      'options',
      'phone-numbers',
      'sign-in',
      'stores',
      'tokens',
    ]
    const required = ['secret', 'allowedRegions', 'codes', 'until']
    for (const file of files) {
      const text = source(`options/${file}.ts`)
      const interfaces = [...text.matchAll(/^(\/\*\*(?:(?!\*\/).)*\*\/\n)?export interface (\w+)/gms)]
      for (const [, comment, name] of interfaces) expect(comment, name).toBeDefined()
      const options = [...text.matchAll(/(\/\*\*(?:(?!\*\/).)*\*\/\n)? {2}readonly (\w+)(\??):/gs)]
      for (const [, comment = '', name = '', isOptional] of options) {
        if (isOptional === '' && !required.includes(name)) continue
        expect(comment, `${file}: ${name}`).not.toBe('')
        const isGroup = new RegExp(`readonly ${name}\\?: \\w+Options\\b`).test(text)
        if (isOptional === '?' && !isGroup) expect(comment, `${file}: ${name}`).toContain('@defaultValue')
      }
    }
  })
})
