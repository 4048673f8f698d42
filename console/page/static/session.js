// session.js: who looks. A token goes once over the wire and is exchanged for a cookie; the page keeps neither.

import { $, text } from './dom.js';
import { signIn, signOut } from './api.js';
import { data, topics, on, poke } from './feed.js';

let asking = null; // what the question that is open is going to answer
let declined = false; // somebody has closed it; it does not come again by itself

// askToSignIn asks for a token, and answers whether somebody has come in.
export function askToSignIn(why) {
  if (asking) return asking;
  const dialog = $('sign-in');
  text($('sign-in-wrong'), why ?? '');
  $('sign-in-token').value = '';
  asking = new Promise((answer) => {
    const ending = new AbortController();
    const end = (came) => {
      ending.abort();
      dialog.close();
      $('sign-in-token').value = '';
      asking = null;
      declined = !came;
      answer(came);
    };
    const listen = (node, event, fn) => node.addEventListener(event, fn, { signal: ending.signal });
    listen($('sign-in-no'), 'click', () => end(false));
    listen(dialog, 'cancel', (event) => { event.preventDefault(); end(false); });
    listen(dialog.querySelector('form'), 'submit', async (event) => {
      event.preventDefault();
      try {
        const who = await signIn($('sign-in-token').value.trim());
        if (data('host')) data('host').may_act = who.may_act;
        end(true);
        poke();
      } catch (error) {
        text($('sign-in-wrong'), error.message);
      }
    });
    dialog.showModal();
  });
  return asking;
}

// watch asks for a token where reading needs one, and shows who has come in.
export function watch() {
  on('host', () => {
    const host = data('host');
    const out = topics.host.refusal?.status === 401;
    if (out && !declined) askToSignIn('This trader shows nothing without a token.');
    const known = !out && host?.may_act;
    text($('who'), known ? host.actor : !out && host?.verbs?.length === 0 ? 'read only' : '');
    text($('sign'), known ? 'Sign out' : 'Sign in');
    $('sign').hidden = !(out || host?.verbs?.length);
  });
  $('sign').addEventListener('click', async () => {
    if (!data('host')?.may_act || topics.host.refusal?.status === 401) {
      askToSignIn();
      return;
    }
    try {
      await signOut();
      declined = true;
    } catch { /* the next answer shows who is known */ }
    poke();
  });
}
