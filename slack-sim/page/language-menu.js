// In which language a person uses Slack: dates follow it, and the app is told and may answer in it. The page's own words are English.
import { api } from "./api.js";
import { announce } from "./dom.js";
import { menuButton } from "./menu.js";

/** Languages that Slack has, each by its own name. */
const LANGUAGES = {
  "de-DE": "Deutsch", "en-GB": "English (UK)", "en-US": "English (US)", "es-ES": "Español", "fr-FR": "Français",
  "it-IT": "Italiano", "pt-BR": "Português (Brasil)", "ja-JP": "日本語", "zh-CN": "简体中文", "ko-KR": "한국어",
};

const NOTE = "Dates and times follow your language. Which languages it speaks is up to the app.";

/** The button with the language of `person`, who may choose another. */
export function languageMenu(person) {
  const name = LANGUAGES[person.locale] ?? person.locale;
  const choose = async (locale) => {
    await api.change({ user: person.name, locale });
    announce(`You use Slack in ${LANGUAGES[locale]} now`);
  };
  const choices = () => Object.entries(LANGUAGES).map(([locale, label]) => (
    { label, value: locale, act: () => choose(locale).catch((error) => announce(error.message)) }));
  const label = `Language: ${name}`;
  return menuButton({ class: "language", "aria-label": label, title: label, "data-testid": "language", "data-focus": "language" }, name, choices, NOTE);
}
