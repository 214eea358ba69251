/**
 * What a payment sounds like: two rising notes, and the amount spoken where the phone can.
 *
 * Browsers keep a page silent until a person touches it; `wake` is called from a click.
 */

const NOTES = [[880, 0], [1318.5, 0.14]];
const LOUDNESS = 0.25;
const RING_SECONDS = 0.45;

export class Sound {
  #context = null;

  /** Must be called while a click is handled. @returns {Promise<boolean>} whether it may sound */
  async wake() {
    if (!("AudioContext" in globalThis)) return false;
    this.#context ??= new AudioContext();
    await this.#context.resume().catch(() => {});
    return this.isAwake;
  }

  get isAwake() {
    return this.#context?.state === "running";
  }

  /** Two notes, bright enough for a market. */
  chime() {
    if (!this.isAwake) return;
    for (const [frequency, delay] of NOTES) this.#note(frequency, delay);
  }

  /** Reads a sentence aloud if a voice for the language is on the device. */
  speak(sentence, language) {
    const voices = globalThis.speechSynthesis?.getVoices() ?? [];
    const voice = voices.find(({ lang }) => lang.toLowerCase().startsWith(language));
    if (voice === undefined) return;
    const spoken = new SpeechSynthesisUtterance(sentence);
    spoken.voice = voice;
    spoken.lang = voice.lang;
    speechSynthesis.speak(spoken);
  }

  #note(frequency, delay) {
    const start = this.#context.currentTime + delay;
    const note = this.#context.createOscillator();
    const volume = this.#context.createGain();
    note.frequency.value = frequency;
    volume.gain.setValueAtTime(LOUDNESS, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + RING_SECONDS);
    note.connect(volume).connect(this.#context.destination);
    note.start(start);
    note.stop(start + RING_SECONDS);
  }
}
