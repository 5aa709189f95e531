import { InvalidProfileError } from '../errors/index.ts'
import type { PhoneAuthEvent } from '../options/events.ts'
import type { HookOptions, PhoneChangeResult, SignInFacts } from '../options/hooks.ts'
import type { ProfileDefinition, ProfileOf, ProfileSchema } from '../profile/profile.ts'
import type { ProfileResult } from '../profile/profile-result.ts'
import { inTime, TimedOutError } from '../time/in-time.ts'

/** The hooks, wrapped so that they neither throw nor hang. */
export interface Hooks<Profile extends object> {
  /** Whether a `beforeSignIn` hook is set. */
  readonly hasGate: boolean
  /** Returns the text for the refused user; `null` if the sign-in is allowed. */
  beforeSignIn(facts: SignInFacts<Profile>): Promise<string | null>
  afterProfileCompleted(result: Extract<ProfileResult<Profile>, { needsProfileCompletion: false }>): Promise<void>
  afterPhoneChanged(result: PhoneChangeResult): Promise<void>
  /**
   * Runs rules of the profile. If one fails instead of naming what is invalid, the profile is
   * refused.
   */
  checkProfile<Result>(rules: 'schema' | 'check', work: () => Promise<Result>): Promise<Result>
}

type HookEvent = Extract<PhoneAuthEvent, { type: 'hook_failed' }>
type HookFailure = HookEvent['reason']

/** Receives the name of a hook that failed, and the reason. */
type OnFailure = (hook: HookEvent['hook'], reason: HookFailure) => void

class HookFailed extends Error {
  readonly reason: HookFailure

  constructor(reason: HookFailure) {
    super(reason)
    this.reason = reason
  }
}

const REFUSED = 'You cannot sign in at the moment.'

/** Wraps hooks so that they neither throw nor hang. */
export function safeHooks<Profile extends object>(
  { beforeSignIn, afterProfileCompleted, afterPhoneChanged }: HookOptions<Profile>,
  onFailure: OnFailure,
): Hooks<Profile> {
  const call = async <Result>(name: HookEvent['hook'], work: () => Result, otherwise: Awaited<Result>) => {
    try {
      return await inTime(work)
    } catch (error) {
      onFailure(name, reasonOf(error))
      return otherwise
    }
  }
  return {
    hasGate: beforeSignIn !== undefined,
    beforeSignIn: async (facts) => {
      if (beforeSignIn === undefined) return null
      return call('beforeSignIn', async () => readRefusal(await beforeSignIn(facts)), REFUSED)
    },
    afterProfileCompleted: async (result) => {
      if (afterProfileCompleted !== undefined) {
        await call('afterProfileCompleted', () => afterProfileCompleted(result), undefined)
      }
    },
    afterPhoneChanged: async (result) => {
      if (afterPhoneChanged !== undefined) await call('afterPhoneChanged', () => afterPhoneChanged(result), undefined)
    },
    checkProfile: async <Result>(rules: 'schema' | 'check', work: () => Promise<Result>) => {
      try {
        return (await inTime(work)) as Result
      } catch (error) {
        if (error instanceof InvalidProfileError) throw error
        onFailure(rules, reasonOf(error))
        throw new InvalidProfileError([{ field: 'profile', message: 'could not be checked' }])
      }
    },
  }
}

/**
 * Wraps the definition of a profile so that its `isComplete` does not throw. A failure means that
 * the profile is incomplete.
 */
export function safeProfile<Schema extends ProfileSchema>(
  definition: ProfileDefinition<Schema>,
  onFailure: OnFailure,
): ProfileDefinition<Schema> {
  if (definition.isComplete === undefined) return definition
  const isComplete = (profile: ProfileOf<Schema>) => {
    try {
      return readDecision(definition.isComplete?.(profile))
    } catch (error) {
      onFailure('isComplete', reasonOf(error))
      return false
    }
  }
  return { schema: definition.schema, isComplete, check: (fields) => definition.check?.(fields) ?? [] }
}

// The error is left out, because it may quote the arguments of the hook.
function reasonOf(error: unknown): HookFailure {
  if (error instanceof TimedOutError) return 'timed_out'
  return error instanceof HookFailed ? error.reason : 'threw'
}

function readDecision(result: unknown): boolean {
  if (typeof result === 'boolean') return result
  // An asynchronous function that rejects must not end the process.
  if (result instanceof Promise) result.catch(() => undefined)
  throw new HookFailed('invalid_result')
}

// Any result other than a text or `undefined` is a mistake, and must not sign a user in.
function readRefusal(result: unknown): string | null {
  if (result === undefined) return null
  if (typeof result !== 'string') throw new HookFailed('invalid_result')
  return result.trim() === '' ? REFUSED : result
}
