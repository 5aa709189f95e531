import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defaultProfileSchema } from '@phone-auth/core'
import type { SmsSender } from '@phone-auth/core/adapters'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod-oldest'
import { changeProfile, createAuth, readProfile } from './oldest-zod/application.ts'

// All tests of this file use the oldest Zod that core accepts.
vi.mock('zod', () => import('zod-oldest'))

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const manifestOf = (folder: string) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest
const published = readdirSync(join(root, 'packages'))
  .map((name) => manifestOf(`packages/${name}`))
  .filter((manifest) => manifest.private !== true)

describe('the dependencies of published packages', () => {
  it('are ranges, never one version', () => {
    const ranges = published.flatMap(({ name, dependencies, peerDependencies }) =>
      Object.entries({ ...dependencies, ...peerDependencies }).map(([dependency, range]) => ({
        name,
        dependency,
        range,
      })),
    )
    expect(ranges.length).toBeGreaterThan(15)
    expect(ranges.filter(({ range }) => !/^(workspace:\^|\^[0-9.]+( \|\| \^[0-9.]+)*)$/.test(range))).toEqual([])
  })

  it('do not install copies of core or Zod beside those of the application', () => {
    const shared = ['@phone-auth/core', 'zod']
    const owned = published.flatMap(({ name, dependencies }) =>
      shared
        .filter((dependency) => dependencies?.[dependency] !== undefined)
        .map((dependency) => `${name}: ${dependency}`),
    )
    expect(owned).toEqual([])
  })

  it('accept Zod from the version that these tests use', () => {
    const { version } = manifestOf('node_modules/zod-oldest')
    const ranges = published.flatMap(({ peerDependencies }) => peerDependencies?.zod ?? [])
    expect(new Set(ranges)).toEqual(new Set([`^${version}`]))
  })
})

describe('an application with the oldest Zod', () => {
  it.each([
    ['while core uses a newer one', 'tsconfig.json'],
    ['that core uses as well', 'tsconfig.one-copy.json'],
  ])('is type-checked in seconds, %s', (_, tsconfig) => {
    const compiler = join(root, 'node_modules/typescript-native/bin/tsc')
    const project = join(root, '.config/test/oldest-zod', tsconfig)
    const check = () => execFileSync(process.execPath, [compiler, '-p', project], { encoding: 'utf8', timeout: 30_000 })
    expect(check).not.toThrow()
  })

  it('saves, changes and refuses profiles', async () => {
    expect(defaultProfileSchema).toBeInstanceOf(z.ZodObject)
    const codes: string[] = []
    const smsSender: SmsSender = {
      send: async ({ code }) => {
        codes.push(code)
        return {}
      },
    }
    const auth = createAuth(smsSender)
    const { challengeId } = await auth.start({ phoneNumber: '+14155550101' })
    const { user } = await auth.verify({ challengeId, code: codes[0] ?? '' })
    const profile = {
      name: ' Ada ',
      birthDate: '1990-02-28',
      gender: 'female' as const,
      photos: ['https://a.example/a.png'],
      address: { street: 'Main Street', zip: '12345' },
      handle: 'ada',
    }
    const completed = await auth.completeProfile({ userId: user.id, profile })
    expect(completed).toMatchObject({ needsProfileCompletion: false, profile: { name: 'Ada', settings: {} } })
    expect(await readProfile(auth, user.id)).toEqual({ zip: '12345', handle: '@ada' })
    expect(await changeProfile(auth, user.id as number)).toMatchObject({
      needsProfileCompletion: true,
      profile: { interests: ['chess'] },
    })
    const refused = auth.updateProfile({ userId: user.id, profile: { name: 'A', colour: 'red' } as object })
    await expect(refused).rejects.toMatchObject({ issues: [{ field: 'name' }, { field: 'colour' }] })
  })
})
