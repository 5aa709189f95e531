import type { PhoneNumber } from '../phone-number/phone-number.ts'
import type { Account, Registration, StoredProfile, User, UserId, UserStore } from '../ports/user-store.ts'
import type { ProfilePatch } from '../profile/profile.ts'
import { DEVELOPMENT_ONLY } from './development-only.ts'

/** A {@link UserStore} in memory. No method awaits anything, so each is one step. */
export class MemoryUserStore implements UserStore {
  readonly developmentOnly = DEVELOPMENT_ONLY
  readonly #users = new Map<UserId, User>()
  readonly #profiles = new Map<UserId, StoredProfile>()
  readonly #now: () => Date
  #lastUserId = 0
  #lastProfileId = 0

  constructor(now: () => Date) {
    this.#now = now
  }

  async signIn(
    phoneNumber: PhoneNumber,
    registration: Registration,
  ): Promise<(Account & { readonly isNew: boolean }) | null> {
    const now = this.#now()
    const known = this.#byPhoneNumber(phoneNumber)
    if (known === undefined && registration === 'closed') return null
    if (known?.isActive === false) return { ...this.#account(known), isNew: false }
    const user: User = {
      ...(known ?? { id: ++this.#lastUserId, phoneNumber, isActive: true, createdAt: now }),
      verifiedAt: now,
      lastSignedInAt: now,
    }
    this.#users.set(user.id, user)
    return { ...this.#account(user), isNew: known === undefined }
  }

  async findById(id: UserId): Promise<Account | null> {
    const user = this.#users.get(id)
    return user === undefined ? null : this.#account(user)
  }

  async findByPhoneNumber(phoneNumber: PhoneNumber): Promise<Account | null> {
    const user = this.#byPhoneNumber(phoneNumber)
    return user === undefined ? null : this.#account(user)
  }

  async saveProfile(userId: UserId, patch: ProfilePatch): Promise<Account | null> {
    const user = this.#users.get(userId)
    if (user === undefined) return null
    const now = this.#now()
    const before = this.#profiles.get(userId) ?? { id: ++this.#lastProfileId, fields: {}, createdAt: now }
    const merged = Object.entries({ ...before.fields, ...patch }).filter(([, value]) => value !== null)
    this.#profiles.set(userId, { ...before, fields: structuredClone(Object.fromEntries(merged)), updatedAt: now })
    return this.#account(user)
  }

  async setActive(userId: UserId, isActive: boolean): Promise<boolean> {
    const user = this.#users.get(userId)
    if (user !== undefined) this.#users.set(userId, { ...user, isActive })
    return user !== undefined
  }

  async changePhoneNumber(userId: UserId, phoneNumber: PhoneNumber): Promise<'changed' | 'taken' | 'not_found'> {
    const user = this.#users.get(userId)
    if (user === undefined) return 'not_found'
    const owner = this.#byPhoneNumber(phoneNumber)
    if (owner !== undefined && owner.id !== userId) return 'taken'
    this.#users.set(userId, { ...user, phoneNumber, verifiedAt: this.#now() })
    return 'changed'
  }

  async delete(userId: UserId): Promise<boolean> {
    this.#profiles.delete(userId)
    return this.#users.delete(userId)
  }

  #byPhoneNumber(phoneNumber: PhoneNumber): User | undefined {
    return [...this.#users.values()].find((user) => user.phoneNumber === phoneNumber)
  }

  #account(user: User): Account {
    return { user, profile: this.#profiles.get(user.id) ?? null }
  }
}
