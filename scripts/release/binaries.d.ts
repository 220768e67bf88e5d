/** What `lib/binding/binary.js` requires: packages that are not installed in the checkout. */
declare module 'line-socket-native-*';
