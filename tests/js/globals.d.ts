/** What `early.js` leaves for the form. */
declare var stopNoting: () => import('../../static/phone/types.js').Noted[];
