// @ts-check
// Groups the reference of core by what people look for. A folder of core is a subject, so an export
// belongs to the group of its folder, or of its file where a folder holds several subjects.

import { Comment, CommentTag, Converter, ReflectionKind } from 'typedoc'

/** The group of each path of core; the first that an export's `file#Name` begins with decides. */
const GROUPS = Object.entries({
  index: {
    'phone-auth.ts': 'Start here',
    'options/options.ts': 'Start here',
    'phone-number/': 'Start here',
    'session/user-reference.ts': 'Start here',
    'ports/user-store.ts': 'Start here',
    'time/': 'Start here',
    'options/hooks.ts#PhoneChangeResult': 'Step-up and change of number',
    'options/hooks.ts': 'Events and hooks',
    'options/events.ts': 'Events and hooks',
    'options/': 'Options',
    'purge/': 'Options',
    'sign-in/': 'Sign-in',
    'session/': 'Sessions',
    'step-up/': 'Step-up and change of number',
    'phone-change/': 'Step-up and change of number',
    'errors/user-errors.ts#ProfileIssue': 'Profiles',
    'profile/': 'Profiles',
    'user/': 'Profiles',
    'errors/': 'Errors',
  },
  adapters: {
    'ports/joint-steps.ts': 'Stores together',
    'stores/': 'Stores together',
    'ports/otp-store.ts': 'Challenges',
    'challenge/': 'Challenges',
    'limits/': 'Budgets',
    'ports/user-store.ts': 'Users and profiles',
    'profile/': 'Users and profiles',
    'ports/session-store.ts': 'Sessions',
    'ports/sms-sender.ts': 'Senders',
    'delivery/': 'Senders',
    'message/': 'Senders',
    'errors/': 'Senders',
    'ports/code-service.ts': 'Code services',
  },
}).flatMap(([entry, paths]) => Object.entries(paths).map(([path, group]) => ({ entry, path, group })))

const EXPORTS =
  ReflectionKind.Class |
  ReflectionKind.Interface |
  ReflectionKind.TypeAlias |
  ReflectionKind.Variable |
  ReflectionKind.Function

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const reflection of project.getReflectionsByKind(EXPORTS)) {
      if (!reflection.isDeclaration() || !reflection.parent?.kindOf(ReflectionKind.Module)) continue
      const file = reflection.sources?.[0]?.fullFileName.split('/packages/core/src/')[1]
      if (file === undefined) continue
      const group = GROUPS.find(
        ({ entry, path }) => entry === reflection.parent?.name && `${file}#${reflection.name}`.startsWith(path),
      )?.group
      if (group === undefined) continue
      const tag = new CommentTag('@group', [{ kind: 'text', text: group }])
      // A function carries its comment on its signature.
      for (const target of [reflection, ...(reflection.signatures ?? [])]) {
        if (target !== reflection && target.comment === undefined) continue
        target.comment ??= new Comment()
        target.comment.blockTags.push(tag)
      }
    }
  })
}
