import type { PhoneNumber } from '../phone-number/phone-number.ts'
import type {
  PhoneChangeOutcome,
  ProfileFields,
  ProfilePatch,
  Registration,
  StoredProfile,
  User,
  UserId,
  UserStore,
  UserWithProfile,
} from '../ports/user-store.ts'
import { patched } from '../profile/profile.ts'
import { DEVELOPMENT_ONLY } from './development-only.ts'

/** A {@link UserStore} in memory. No method awaits anything, so each is one atomic step. */
export class MemoryUserStore implements UserStore {
  readonly developmentOnly = DEVELOPMENT_ONLY
  // By the id as text: an id that came out of a URL names the same user.
  readonly #users = new Map<string, User>()
  readonly #profiles = new Map<string, StoredProfile>()
  readonly #now: () => Date
  #lastUserId = 0
  #lastProfileId = 0

  constructor(now: () => Date) {
    this.#now = now
  }

  async signIn(
    phoneNumber: PhoneNumber,
    registration: Registration,
  ): Promise<(UserWithProfile & { readonly isNew: boolean }) | null> {
    const now = this.#now()
    const known = this.#byPhoneNumber(phoneNumber)
    if (known === undefined && registration === 'closed') return null
    if (known?.isActive === false) return { ...this.#withProfile(known), isNew: false }
    const user: User = {
      ...(known ?? { id: ++this.#lastUserId, phoneNumber, isActive: true, createdAt: now }),
      ...verificationAt(known, now),
      lastSignedInAt: now,
    }
    this.#users.set(String(user.id), user)
    if (known === undefined) {
      this.#profiles.set(String(user.id), { id: ++this.#lastProfileId, fields: {}, createdAt: now, updatedAt: now })
    }
    return { ...this.#withProfile(user), isNew: known === undefined }
  }

  async findById(id: UserId): Promise<UserWithProfile | null> {
    const user = this.#users.get(String(id))
    return user === undefined ? null : this.#withProfile(user)
  }

  async findByPhoneNumber(phoneNumber: PhoneNumber): Promise<UserWithProfile | null> {
    const user = this.#byPhoneNumber(phoneNumber)
    return user === undefined ? null : this.#withProfile(user)
  }

  async saveProfile(
    userId: UserId,
    patch: ProfilePatch,
  ): Promise<(UserWithProfile & { readonly previousFields: ProfileFields }) | null> {
    const user = this.#users.get(String(userId))
    const before = this.#profiles.get(String(userId))
    if (user === undefined || before === undefined) return null
    this.#profiles.set(String(userId), {
      ...before,
      fields: structuredClone(patched(before.fields, patch)),
      updatedAt: this.#now(),
    })
    return { ...this.#withProfile(user), previousFields: before.fields }
  }

  async setActive(userId: UserId, isActive: boolean): Promise<User | null> {
    const user = this.#users.get(String(userId))
    if (user === undefined) return null
    const changed = { ...user, isActive }
    this.#users.set(String(userId), changed)
    return changed
  }

  async changePhoneNumber(userId: UserId, phoneNumber: PhoneNumber): Promise<PhoneChangeOutcome> {
    const user = this.#users.get(String(userId))
    if (user === undefined) return { outcome: 'not_found' }
    const owner = this.#byPhoneNumber(phoneNumber)
    if (owner !== undefined && owner.id !== user.id) return { outcome: 'taken' }
    const changed = { ...user, phoneNumber, ...verificationAt(user, this.#now()) }
    this.#users.set(String(userId), changed)
    return { outcome: 'changed', user: changed, previousPhoneNumber: user.phoneNumber }
  }

  async delete(userId: UserId): Promise<boolean> {
    this.#profiles.delete(String(userId))
    return this.#users.delete(String(userId))
  }

  #byPhoneNumber(phoneNumber: PhoneNumber): User | undefined {
    return [...this.#users.values()].find((user) => user.phoneNumber === phoneNumber)
  }

  #withProfile(user: User): UserWithProfile {
    return { user, profile: this.#profiles.get(String(user.id)) as StoredProfile }
  }
}

function verificationAt(user: User | undefined, now: Date): Pick<User, 'verifiedAt' | 'previouslyVerifiedAt'> {
  return { verifiedAt: now, previouslyVerifiedAt: user?.verifiedAt ?? null }
}
