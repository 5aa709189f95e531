import { LiveSessions } from '../cache/live-sessions.ts'
import { VerifiedTokens } from '../cache/verified-tokens.ts'
import { type AccessTokenSigner, signerOfKeySet, signerOfSecrets } from '../keys/access-token-signer.ts'
import { drawKeyRing, type KeyRing } from '../keys/secret-keys.ts'
import type { DeliveryOptions } from '../options/delivery.ts'
import type { NumberFacts, PhoneAuthEvent } from '../options/events.ts'
import type { PhoneAuthOptions } from '../options/options.ts'
import { fingerprint } from '../phone-number/fingerprint.ts'
import { maskPhoneNumber, type PhoneNumber } from '../phone-number/phone-number.ts'
import type { CodeService } from '../ports/code-service.ts'
import type { JointSteps, Stores } from '../ports/joint-steps.ts'
import type { SmsSender } from '../ports/sms-sender.ts'
import { defaultProfileSchema, type ProfileDefinition, type ProfileOf, type ProfileSchema } from '../profile/profile.ts'
import { resolveSettings, type Settings } from '../settings/settings.ts'
import { composeJointSteps } from '../stores/compose-joint-steps.ts'
import { CallsUnderWay, guarded } from '../stores/guarded.ts'
import { emit, type WithoutNumber, type WithoutTime } from './emit.ts'
import { type Hooks, safeHooks } from './hooks.ts'

/** Who sends: one of the two, because codes are made either here or there. */
type Provider =
  | { readonly smsSender: SmsSender; readonly codeService: null }
  | { readonly smsSender: null; readonly codeService: CodeService }

/** What every use case works with: the settings, the ports and the keys. */
export interface Context {
  readonly settings: Settings
  readonly stores: Stores
  readonly jointSteps: JointSteps
  readonly provider: Provider
  readonly keyRing: () => Promise<KeyRing>
  readonly accessTokenSigner: () => Promise<AccessTokenSigner>
  readonly verifiedTokens: VerifiedTokens
  readonly liveSessions: LiveSessions
  readonly now: () => Date
  /** Whether anybody hears of events. */
  readonly hasListener: boolean
  readonly emit: (event: WithoutTime<PhoneAuthEvent>) => void
  /** Lets `work` go on after the call that began it has answered. */
  readonly inBackground: (work: Promise<unknown>) => void
  /** Calls `stop` when the context closes, or when the returned function is called. */
  readonly untilClosed: (stop: () => void) => () => void
  /** Waits for the work in the background and every call of a store, then closes the stores. */
  readonly close: () => Promise<void>
}

/** What the use cases work with that know the application's profile. */
export interface ProfileContext<Profile extends object> extends Context {
  readonly profile: ProfileDefinition<ProfileSchema<Profile>>
  readonly hooks: Hooks<Profile>
}

/** Builds the context. @throws {@link InvalidOptionsError} if the options cannot serve. */
export function createContext<Schema extends ProfileSchema>(
  options: PhoneAuthOptions<Schema>,
): ProfileContext<ProfileOf<Schema>> {
  const settings = resolveSettings(options)
  const calls = new CallsUnderWay()
  const stores: Stores = {
    otpStore: guarded(options.otpStore, calls),
    userStore: guarded(options.userStore, calls),
    sessionStore: guarded(options.sessionStore, calls),
  }
  const jointSteps =
    options.jointSteps !== undefined && worksOn(options.jointSteps, options)
      ? guarded(options.jointSteps, calls)
      : composeJointSteps(stores)
  const background = new Set<Promise<unknown>>()
  const stops = new Set<() => void>()
  const now = options.now ?? (() => new Date())
  const tell: Context['emit'] = (event) => emit(options.onEvent, { ...event, at: now() } as PhoneAuthEvent)
  let keys: Promise<{ ring: KeyRing; accessToken: AccessTokenSigner }> | undefined
  // All at once: what cannot serve is told by the first call, and not after a code was used up.
  const allKeys = () => {
    keys ??= makeKeys(settings)
    return keys
  }
  return {
    settings,
    stores,
    jointSteps,
    provider: providerOf(options),
    // Without a profile in the options, the schema is that of the default profile.
    profile: (options.profile ?? { schema: defaultProfileSchema }) as ProfileDefinition<
      ProfileSchema<ProfileOf<Schema>>
    >,
    keyRing: async () => (await allKeys()).ring,
    accessTokenSigner: async () => (await allKeys()).accessToken,
    verifiedTokens: new VerifiedTokens(settings.accessToken.clockToleranceSeconds),
    liveSessions: new LiveSessions(settings.session.cacheAgeSeconds),
    hooks: safeHooks(options, (hook, reason) => tell({ type: 'hook_failed', hook, reason })),
    now,
    hasListener: options.onEvent !== undefined,
    emit: tell,
    inBackground: (work) => {
      const tracked = work.catch(() => undefined).finally(() => background.delete(tracked))
      background.add(tracked)
    },
    untilClosed: (stop) => {
      stops.add(stop)
      return () => {
        stop()
        stops.delete(stop)
      }
    },
    close: async () => {
      for (const stop of stops) stop()
      // Work in the background may start more of it.
      while (background.size > 0) await Promise.all(background)
      await calls.settled()
      await options.close?.()
    },
  }
}

/** Tells of an event about a number; without a listener its pseudonym is not even computed. */
export async function emitAbout(
  context: Context,
  phoneNumber: PhoneNumber,
  event: WithoutTime<WithoutNumber<PhoneAuthEvent>>,
): Promise<void> {
  if (!context.hasListener) return
  const facts: NumberFacts = {
    phoneNumberMasked: maskPhoneNumber(phoneNumber),
    phoneNumberFingerprint: await fingerprint(await context.keyRing(), phoneNumber),
  }
  context.emit({ ...event, ...facts } as WithoutTime<PhoneAuthEvent>)
}

async function makeKeys({ secrets, keySet }: Settings): Promise<{ ring: KeyRing; accessToken: AccessTokenSigner }> {
  const ring = await drawKeyRing(secrets)
  return { ring, accessToken: keySet === null ? signerOfSecrets(ring) : await signerOfKeySet(keySet) }
}

function providerOf({ smsSender, codeService }: DeliveryOptions): Provider {
  if (codeService !== undefined) return { smsSender: null, codeService }
  // The settings were refused if there were neither.
  return { smsSender: smsSender as SmsSender, codeService: null }
}

function worksOn({ over }: JointSteps, stores: Stores): boolean {
  return (
    over.otpStore === stores.otpStore &&
    over.userStore === stores.userStore &&
    over.sessionStore === stores.sessionStore
  )
}
