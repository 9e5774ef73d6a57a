/**
 * The shapes that the modules hand each other. Nothing here runs and no page loads this file.
 *
 * @typedef {'answered' | 'does_not_apply' | 'not_observed'} AnswerState
 *
 * @typedef {object} Answer One criterion in one interaction (or on the visit). No `state`: unanswered.
 * @property {AnswerState} [state]
 * @property {boolean | number | string | null} [value]
 * @property {string} [note]
 * @property {string} [reason] Why it does not apply or was not observed.
 * @property {string} [typed] What stands in a number's field while it is not a number.
 * @property {{started_at: number, before: number | null} | null} [timer] Runs since `started_at` (epoch ms).
 *
 * @typedef {Record<string, Answer>} Answers By the criterion's key.
 *
 * @typedef {object} Interaction
 * @property {string} id
 * @property {string} label
 * @property {string | null} started_at
 * @property {string | null} acknowledged_at
 * @property {string | null} helped_at
 * @property {string | null} ended_at
 * @property {Answers} answers
 * @property {string | null} removed_at Removed ones stay until the visit is sent, so that it can be undone.
 *
 * @typedef {'started_at' | 'acknowledged_at' | 'helped_at' | 'ended_at'} Moment
 *
 * @typedef {object} Location
 * @property {number} id
 * @property {string} name
 * @property {string} address
 * @property {string} [timezone] Of the place; a preview has none.
 * @property {number | null} [latitude]
 * @property {number | null} [longitude]
 *
 * @typedef {object} Assignment
 * @property {number} id
 * @property {Location} location
 * @property {string} standard
 * @property {number | null} [version_number]
 * @property {string} form_url
 * @property {string} kind
 * @property {string} opens_on
 * @property {string} closes_on
 * @property {string} daypart
 * @property {string} [visit_id] For its visit, the same on each phone.
 * @property {string} [first_interaction_id]
 *
 * @typedef {object} ServerError What the server found wrong, at a place of the visit.
 * @property {string} where
 * @property {string} message
 *
 * @typedef {object} Visit
 * @property {string} id
 * @property {number} owner Who recorded it: nobody else's session sends it.
 * @property {number | null} assignment
 * @property {number} version
 * @property {string} standard
 * @property {number | null} [version_number]
 * @property {string} form_url
 * @property {Location} location
 * @property {'draft' | 'waiting' | 'accepted' | 'received' | 'refused' | 'returned' | 'conflict'} state
 *   accepted: the server has the answers, photos are still to go.
 * @property {string} started_at
 * @property {string | null} ended_at
 * @property {string | null} [completed_at] When it was complete for the first time.
 * @property {string} changed_at
 * @property {Answers} context Staff seen, customers waiting, busyness.
 * @property {string} note
 * @property {Interaction[]} interactions
 * @property {Answers} answers Of the sections that are asked once per visit.
 * @property {string | null} left_at Departure, where the auditor wrote it; else it is `completed_at`.
 * @property {string[]} [written] `left_at 2026-03-02T14:02:00.000Z`: was written by hand. Two phones each add theirs, and
 *   whichever time stands in the end is known for what it is.
 * @property {number} [clock_offset_ms] Of the clock that its tapped times are told by, ahead of the server's; unknown before
 *   the first measurement, and in what older programs began.
 * @property {'live' | 'covert'} mode
 * @property {{what: string, at: string}[]} taps
 * @property {string} hidden_notes
 * @property {string} not_completed_reason
 * @property {{latitude?: number, longitude?: number, accuracy_m?: number, refused?: boolean} | null} gps Where the phone was, as it told.
 * @property {number} revision
 * @property {{comment: string} | null} returned A reviewer's word.
 * @property {{scope: string, criterion: string | null, message: string}[]} remarks The reviewer's, on single answers.
 * @property {Asked[]} asked Changed on two phones: the auditor chooses.
 * @property {Sent | null} [stored] What the server holds instead (409).
 * @property {number} [storedRevision]
 * @property {boolean} [mayCorrect] A reviewer asked for it.
 * @property {(Asked & {takesTheirs: boolean})[]} [choices] Made so far between the two.
 * @property {{step: string, criterion: string | null}} cursor Where the phone's screen stands.
 * @property {Sent | null} payload What is sent, fixed when the visit was completed, so that each retry is the same.
 * @property {ServerError[]} errors
 * @property {string} reason
 * @property {string | null} receipt
 * @property {string | null} received_at
 *
 * @typedef {any} Copy `any`: a visit or what there is of it in a draft, of this release or another; null where there is none.
 * @typedef {any} Leaf `any`: what two copies may say differently: an answer, a time, a text, taps, an encounter; null for nothing.
 * @typedef {any} Thrown `any`: JavaScript lets anything be thrown.
 * @typedef {{target: any}} Tap `any`: whatever of the page was touched.
 *
 * @typedef {object} Asked
 * @property {string[]} path
 * @property {Leaf} theirs
 *
 * @typedef {object} Photo
 * @property {string} id
 * @property {string} visit
 * @property {string | null} interaction
 * @property {string} criterion
 * @property {string} sha256
 * @property {string} taken_at As the camera says; else the time of the file.
 * @property {{latitude: number, longitude: number} | null} [photo_position] As the camera says.
 * @property {Blob | null} blob Let go once the server has it.
 * @property {string | null} removed_at
 * @property {string | null} sent_at
 * @property {string} refused The server's reason; blank when it has none.
 * @property {boolean} [is_given_up] As the server knows it.
 * @property {boolean} [is_unkept] In this page's memory alone: the phone had no room for it.
 *
 * @typedef {object} SentObservation
 * @property {string} criterion
 * @property {AnswerState} state
 * @property {Answer['value']} value
 * @property {string} [note]
 * @property {string} [reason]
 *
 * @typedef {{id: string, label?: string, observations: SentObservation[]} & Partial<Record<Moment, string | null>>} SentInteraction
 *
 * @typedef {Pick<Photo, 'id' | 'criterion' | 'interaction' | 'sha256' | 'taken_at'> & {place?: Photo['photo_position']}} SentPhoto
 *
 * @typedef {object} Sent A visit as it is sent, and as the server gives it back. Another program may have left out what may be missing.
 * @property {number} [revision]
 * @property {number} location
 * @property {number} version
 * @property {number | null} assignment
 * @property {string} started_at
 * @property {string | null} ended_at
 * @property {('started_at' | 'ended_at')[]} [written]
 * @property {Visit['mode']} [mode]
 * @property {number | null} [clock_offset_ms]
 * @property {Record<string, Answer['value']>} [context]
 * @property {Visit['gps']} [place]
 * @property {Answer['value']} [conflict_of_interest]
 * @property {string} [conflict_of_interest_note]
 * @property {string} [not_completed_reason]
 * @property {Visit['taps']} [taps]
 * @property {string} [hidden_notes]
 * @property {string} [note]
 * @property {SentInteraction[]} interactions
 * @property {SentObservation[]} observations
 * @property {SentPhoto[]} [photos]
 *
 * @typedef {object} Returned What a reviewer says.
 * @property {number} revision That came back.
 * @property {string} comment
 * @property {{criterion: string | null, interaction: string | null, comment: string}[]} items
 *
 * @typedef {object} ServerVisit What the server says of a visit that it has.
 * @property {string} id
 * @property {string} receipt
 * @property {Location} location
 * @property {string} standard
 * @property {number} version
 * @property {number} version_number
 * @property {string} form_url
 * @property {number | null} assignment
 * @property {string} started_at
 * @property {string} received_at
 * @property {number} revision
 * @property {Returned | null} returned
 * @property {number} n_interactions
 * @property {string[]} photos_missing
 * @property {string[]} [photos_given_up]
 * @property {any} content `any`, as the network gives it: a `Sent`, where the visit itself was asked for and what was sent is on record; else nothing.
 *
 * @typedef {Visit & {photos: Photo[]}} Content Of a draft, as the server keeps it: all but what is the phone's own.
 * @typedef {{id: string, revision: number, content: Copy}} ServerDraft `content`: null once it was emptied.
 *
 * @typedef {object} Base What this phone knows of the server's copy of a draft.
 * @property {number} revision
 * @property {Content | null} content Of that revision; null where the server is not known to have one.
 * @property {Content | null} tried What was sent since then and got no answer: the server may have it or not.
 *
 * @typedef {typeof import('./sync/network.js').drafts} Drafts
 * @typedef {typeof import('./sync/network.js').send} Send
 * @typedef {typeof import('./sync/network.js').readVisit} ReadVisit
 * @typedef {ReturnType<typeof import('./store/store.js').createStore>} Store
 *
 * @typedef {{id: number, name: string, email: string, language: string}} Me
 *
 * @typedef {object} Criterion
 * @property {string} key
 * @property {string} text
 * @property {string} kind
 * @property {Record<string, string>} [options] Labels by value.
 * @property {{criterion: string, value: string} | null} shownIf
 *
 * @typedef {object} Section
 * @property {string} key
 * @property {string} title
 * @property {'context' | 'interaction' | 'visit'} asked
 * @property {Criterion[]} criteria
 *
 * @typedef {object} Step One screen of the form.
 * @property {string} id
 * @property {Section | null} section None on the last one, where the visit is checked and sent.
 * @property {string} scope An interaction's id, or `visit`, or `context`.
 *
 * @typedef {object} View What the screen shows.
 * @property {Visit} visit
 * @property {Photo[]} photos
 * @property {Section[]} sections
 * @property {boolean} isPreview
 * @property {Step[]} steps As the visit had them when they were last renewed.
 * @property {number} index Of the step that is shown.
 * @property {ReturnType<typeof import('./photo/thumbnails.js').createPictures> | null} pictures What shows photos, once one was wanted.
 * @property {() => unknown} wantPictures
 * @property {ReturnType<typeof import('./shell/doubletap.js').createHold>} sending
 *
 * @typedef {object} Page What the modules of the form's page share.
 * @property {Visit} visit The copy on the screen.
 * @property {Photo[]} photos
 * @property {Section[]} sections
 * @property {Store} store
 * @property {boolean} isPreview
 * @property {ReturnType<import('./form/screen.js').createScreen>} screen
 * @property {ReturnType<import('./form/status.js').createStatus>} status
 * @property {ReturnType<import('./visit/editing.js').startEditing>} editing
 * @property {{nudge: () => Promise<void>} | null} sender None in the preview and for a visit that is only read.
 * @property {Progress | null} progress
 * @property {{refresh: () => void, lift: () => void} | null} cover The plain page for taps and notes, while it is shown instead of a step.
 *
 * @typedef {{type: string, control: HTMLInputElement, value: string}} Noted Done before the form's scripts had come.
 *
 * @typedef {{id: string, photo: number, photos: number}} Progress What is being sent.
 *
 * @typedef {ReturnType<import('./form/showing.js').createShowing>} Showing
 *
 * @typedef {object} Reply An answer of the server, read to its end; `null` in its place means that none came.
 * @property {number} status
 * @property {boolean} ok
 * @property {boolean} redirected
 * @property {any} body `any`: JSON of the network; null when it was none.
 * @property {number} wait Seconds that the server asked to be left alone.
 */
export {};
