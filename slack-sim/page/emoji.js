// The emoji shortcodes people and apps use most.
const TABLE = `
smile:😄 grinning:😀 joy:😂 laughing:😆 wink:😉 blush:😊 slightly_smiling_face:🙂 upside_down_face:🙃 heart_eyes:😍 sunglasses:😎
thinking_face:🤔 neutral_face:😐 confused:😕 cry:😢 sob:😭 rage:😡 scream:😱 sleeping:😴 exploding_head:🤯 shrug:🤷 facepalm:🤦 saluting_face:🫡
wave:👋 +1:👍 thumbsup:👍 -1:👎 thumbsdown:👎 clap:👏 raised_hands:🙌 pray:🙏 muscle:💪 ok_hand:👌 point_right:👉 point_left:👈
point_up:☝️ point_down:👇 handshake:🤝 eyes:👀 brain:🧠 bust_in_silhouette:👤 busts_in_silhouette:👥 robot_face:🤖 ghost:👻 skull:💀
heart:❤️ broken_heart:💔 sparkles:✨ star:⭐ star2:🌟 fire:🔥 zap:⚡ boom:💥 tada:🎉 confetti_ball:🎊 rocket:🚀 airplane:✈️ 100:💯
white_check_mark:✅ heavy_check_mark:✔️ ballot_box_with_check:☑️ x:❌ negative_squared_cross_mark:❎ no_entry:⛔ no_entry_sign:🚫 stop_sign:🛑
warning:⚠️ exclamation:❗ question:❓ grey_question:❔ bangbang:‼️ information_source:ℹ️ bulb:💡 mag:🔍 mag_right:🔎 bell:🔔 no_bell:🔕
lock:🔒 unlock:🔓 key:🔑 shield:🛡️ closed_lock_with_key:🔐 link:🔗 paperclip:📎 pushpin:📌 round_pushpin:📍 label:🏷️ bookmark:🔖
hourglass:⌛ hourglass_flowing_sand:⏳ stopwatch:⏱️ alarm_clock:⏰ clock1:🕐 calendar:📅 date:📅 spiral_calendar_pad:🗓️
memo:📝 pencil:✏️ pencil2:✏️ page_facing_up:📄 clipboard:📋 file_folder:📁 open_file_folder:📂 card_index_dividers:🗂️ books:📚 book:📖
bar_chart:📊 chart_with_upwards_trend:📈 chart_with_downwards_trend:📉 moneybag:💰 credit_card:💳 receipt:🧾 email:📧 envelope:✉️ inbox_tray:📥 outbox_tray:📤
package:📦 gear:⚙️ wrench:🔧 hammer:🔨 hammer_and_wrench:🛠️ nut_and_bolt:🔩 electric_plug:🔌 computer:💻 desktop_computer:🖥️ keyboard:⌨️ iphone:📱 satellite:🛰️ battery:🔋
floppy_disk:💾 cd:💿 card_file_box:🗃️ file_cabinet:🗄️ wastebasket:🗑️ mailbox:📫 speech_balloon:💬 thought_balloon:💭 mega:📣 loudspeaker:📢
arrow_right:➡️ arrow_left:⬅️ arrow_up:⬆️ arrow_down:⬇️ arrow_forward:▶️ fast_forward:⏩ rewind:⏪ pause_button:⏸️ arrows_counterclockwise:🔄 repeat:🔁 leftwards_arrow_with_hook:↩️
red_circle:🔴 large_orange_circle:🟠 large_yellow_circle:🟡 large_green_circle:🟢 large_blue_circle:🔵 white_circle:⚪ black_circle:⚫ large_blue_square:🟦 large_green_square:🟩
house:🏠 office:🏢 factory:🏭 globe_with_meridians:🌐 earth_africa:🌍 earth_americas:🌎 sunny:☀️ cloud:☁️ umbrella:☔ snowflake:❄️ rainbow:🌈 seedling:🌱 herb:🌿 evergreen_tree:🌲
coffee:☕ tea:🍵 pizza:🍕 cake:🍰 beer:🍺 apple:🍎 octopus:🐙 elephant:🐘 turtle:🐢 crab:🦀 whale:🐳 snake:🐍 bug:🐛 ant:🐜 bee:🐝 cat:🐱 dog:🐶 unicorn_face:🦄 test_tube:🧪 microscope:🔬
one:1️⃣ two:2️⃣ three:3️⃣ four:4️⃣ five:5️⃣ trophy:🏆 medal:🏅 dart:🎯 art:🎨 musical_note:🎵 game_die:🎲 jigsaw:🧩 compass:🧭 world_map:🗺️ construction:🚧 rotating_light:🚨 checkered_flag:🏁 triangular_flag_on_post:🚩`;

const BY_NAME = new Map(TABLE.trim().split(/\s+/).map((pair) => {
  const colon = pair.indexOf(":");
  return [pair.slice(0, colon), pair.slice(colon + 1)];
}));

/** The character for a shortcode, or undefined when the page does not know it. */
export const emoji = (name) => BY_NAME.get(name.toLowerCase());

/** Shortcodes that begin with what was typed, for completion. */
export const emojiStarting = (prefix, limit) =>
  [...BY_NAME].filter(([name]) => name.startsWith(prefix.toLowerCase())).slice(0, limit);
