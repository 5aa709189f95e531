import { testRaces } from '../../kysely/test/races.ts'
import { sqliteSubject } from './subject.ts'

testRaces(sqliteSubject)
