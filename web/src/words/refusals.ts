// What the server's refusals mean, in Chinese: a sentence for each of its codes.
import type { Why } from "../wire/refusal.ts";

type Sentence = string | ((told: Why) => string);

const says = (what: string) => ({ message }: Why) => `${what}：“${message ?? ""}”`;

/** The sentences, by the codes of crates/maque-server/src/error.rs; the server's own words stand where the code alone says too little. */
const SENTENCES: Record<string, Sentence> = {
  address_too_long: "请求的地址太长",
  body_too_large: "内容太大，服务器收不下；请缩短一些",
  busy: "服务器正忙着别的事，请过一会儿再试",
  conflict: says("现在还不能这样做"),
  constraint_too_complex: "要求的格式太复杂，跟不下去；请简化",
  context_length_exceeded: ({ n_prompt = 0, context = 0 }) => `太长了：有 ${n_prompt} 个词元，模型最多能读 ${context} 个；请缩短，或另开一个对话`,
  damaged: says("文件有损坏，请删除后重新下载"),
  disk_full: "服务器的磁盘满了；请先腾出地方",
  encoded_body: says("请求不对"),
  ended_early: says("回答没有写完"),
  forbidden: says("不允许"),
  invalid_api_key: "需要密钥，或邀请的 PIN",
  invalid_request: says("请求不对"),
  library_failed: says("资料库的文件出了问题"),
  limit_reached: says("到了上限"),
  method_not_allowed: says("请求不对"),
  model_busy: "这个模型正在使用、下载或校验；请过一会儿再试",
  model_not_found: "没有这个模型",
  models_failed: says("模型的文件出了问题"),
  no_embedding_model: "没有加载向量模型",
  no_store: says("存放对话的文件打不开"),
  not_found: "找不到；可能已经删除",
  not_json: says("请求不对"),
  not_ready: says("现在还不能回答"),
  queue_full: "排队的人太多了，请过一会儿再试",
  rate_limit_exceeded: "问得太快了，请过一分钟再试",
  refused: says("现在还不能这样做"),
  store_failed: says("对话没能存下"),
  too_many_failures: "密钥或 PIN 错了太多次，请等一分钟",
  too_slow: "内容没有及时传到，请再试一次",
  unreachable: "几个来源都连不上；请检查网络，或把模型文件拷到服务器上",
  upstream_failed: says("大模型没有回答"),
};

/** A refusal in Chinese; nothing where its code is not known. */
export function inChinese(told: Why): string | undefined {
  const sentence = told.code ? SENTENCES[told.code] : undefined;
  return typeof sentence === "function" ? sentence(told) : sentence;
}
