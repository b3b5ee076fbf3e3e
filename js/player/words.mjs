// The player's words in the page's language.

const ENGLISH = {
  play: "Play (space)",
  pause: "Pause (space)",
  loop: "Loop",
  mute: "Mute",
  unmute: "Unmute",
  volume: "Volume",
  download: "Download this take",
  take: "Take",
  position: "Position",
  film: "film",
  motion: "motion",
  left: "left",
  right: "right",
  seen: "seen \u25be",
  heard: "heard \u25b4",
  empty: "Run to hear it",
  gone: "File is gone: run again",
};

const CHINESE = {
  play: "播放（空格）",
  pause: "暂停（空格）",
  loop: "循环",
  mute: "静音",
  unmute: "取消静音",
  volume: "音量",
  download: "下载当前版本",
  take: "版本",
  position: "位置",
  film: "影片",
  motion: "运动",
  left: "左",
  right: "右",
  seen: "看到 \u25be",
  heard: "听到 \u25b4",
  empty: "运行后即可试听",
  gone: "文件已清除：请重新运行",
};

export const words = (locale) => (locale === "zh" ? CHINESE : ENGLISH);
