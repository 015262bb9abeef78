//! How tools and calls get into the prompt: by the model's own template, or, where that has no place for them, in the system
//! prompt and in turns of text.

use super::{CLOSING, OPENING, Tool, Toolbox};
use crate::prompt::message as turn;
use maque_model::{ChatTemplate, Message, TemplateError};
use serde_json::{Value, json};

/// The instructions that Qwen2.5 and Hermes models were trained on, around the tools.
const BEFORE: &str = "# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with function signatures within <tools></tools> XML tags:\n<tools>";
const AFTER: &str = "\n</tools>\n\nFor each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call>";
/// The system prompt where there is none.
const SYSTEM: &str = "You are a helpful assistant.";

/// A warning where the template cannot hold the conversation's tools.
pub(crate) fn foreign(
    template: &ChatTemplate,
    messages: &[Message],
    toolbox: &Toolbox,
) -> Option<String> {
    let warning = "the model's chat template has no place for tools: they are shown in the system prompt and calls as text; \
         the model was not trained to use them";
    let is_foreign = has_any(messages, toolbox) && !has_place(template);
    is_foreign.then(|| warning.to_owned())
}

/// The prompt of a conversation with tools.
pub(crate) fn render(
    template: &ChatTemplate,
    messages: &[Message],
    toolbox: &Toolbox,
) -> Result<String, TemplateError> {
    let tools = toolbox.shown();
    if !has_any(messages, toolbox) {
        return template.render(messages, None);
    }
    if has_place(template) {
        let definitions: Vec<Value> = tools.iter().map(Tool::definition).collect();
        let definitions = Value::Array(definitions);
        return template.render(messages, (!tools.is_empty()).then_some(&definitions));
    }
    template.render(&as_text(messages, tools), None)
}

/// Whether there are tools, or calls of some.
fn has_any(messages: &[Message], toolbox: &Toolbox) -> bool {
    let is_of_tools = |message: &Message| message.tool_calls.is_some() || message.role == "tool";
    !toolbox.shown().is_empty() || messages.iter().any(is_of_tools)
}

/// Whether the template shows tools, and has them called as we read calls.
fn has_place(template: &ChatTemplate) -> bool {
    let probe = json!([{ "type": "function", "function": { "name": "probe_of_tools", "description": "", "parameters": {} } }]);
    let text = template.render(&[turn("user", "a".to_owned())], Some(&probe));
    text.is_ok_and(|text| text.contains("probe_of_tools") && text.contains(OPENING))
}

/// The conversation as text only.
fn as_text(messages: &[Message], tools: &[Tool]) -> Vec<Message> {
    let mut turns: Vec<Message> = Vec::new();
    let mut is_response = false;
    for message in messages {
        if message.role == "tool" {
            let text = format!("<tool_response>\n{}\n</tool_response>", message.content);
            match turns.last_mut().filter(|_| is_response) {
                Some(turn) => turn.content += &format!("\n{text}"),
                None => turns.push(turn("user", text)),
            }
            is_response = true;
            continue;
        }
        is_response = false;
        turns.push(Message {
            content: with_calls(message),
            tool_calls: None,
            ..message.clone()
        });
    }
    if !tools.is_empty() {
        introduce(&mut turns, tools);
    }
    turns
}

fn introduce(turns: &mut Vec<Message>, tools: &[Tool]) {
    let definitions = tools.iter().map(|tool| format!("\n{}", tool.definition()));
    let text = format!("{BEFORE}{}{AFTER}", definitions.collect::<String>());
    match turns.first_mut().filter(|first| first.role == "system") {
        Some(first) => first.content += &format!("\n\n{text}"),
        None => turns.insert(0, turn("system", format!("{SYSTEM}\n\n{text}"))),
    }
}

fn with_calls(message: &Message) -> String {
    let calls = message.tool_calls.as_ref().and_then(Value::as_array);
    let mut text = message.content.clone();
    for call in calls.into_iter().flatten() {
        let function = &call["function"];
        let arguments = match &function["arguments"] {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        if !text.is_empty() {
            text.push('\n');
        }
        let name = &function["name"];
        text += &format!("{OPENING}\n{{\"name\": {name}, \"arguments\": {arguments}}}\n{CLOSING}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::{Calls, ToolChoice};

    const PLAIN: &str = "{% for m in messages %}[{{ m['role'] }}]{{ m['content'] }}{% endfor %}";

    fn conversation() -> Vec<Message> {
        let calls = json!([{ "type": "function", "id": "1", "function": { "name": "f", "arguments": "{\"a\": 1}" } }]);
        let answer = Message {
            tool_calls: Some(calls),
            ..turn("assistant", String::new())
        };
        let response = |text: &str| turn("tool", text.to_owned());
        vec![
            turn("user", "q".to_owned()),
            answer,
            response("one"),
            response("two"),
        ]
    }

    fn toolbox() -> Toolbox {
        let tool = Tool {
            name: "f".to_owned(),
            description: Some("does f".to_owned()),
            parameters: json!({ "type": "object" }),
            at: String::new(),
        };
        Toolbox::new(vec![tool], ToolChoice::Auto, Calls::Several).expect("fine")
    }

    #[test]
    fn a_template_without_a_place_gets_text_and_a_warning() {
        let template = ChatTemplate::new(PLAIN, "", "").expect("a template");
        assert!(foreign(&template, &conversation(), &toolbox()).is_some());
        let text = render(&template, &conversation(), &toolbox()).expect("rendered");
        assert!(
            text.starts_with("[system]You are a helpful assistant.\n\n# Tools"),
            "{text}"
        );
        assert!(
            text.contains("\n{\"type\":\"function\",\"function\":{\"name\":\"f\""),
            "{text}"
        );
        let rest = "[user]q[assistant]<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>\
            [user]<tool_response>\none\n</tool_response>\n<tool_response>\ntwo\n</tool_response>";
        assert!(text.ends_with(rest), "{text}");
    }

    #[test]
    fn a_template_with_a_place_is_left_alone() {
        let source = PLAIN.to_owned() + "{{ tools | tojson }}<tool_call>";
        let template = ChatTemplate::new(&source, "", "").expect("a template");
        assert_eq!(foreign(&template, &conversation(), &toolbox()), None);
        let text = render(&template, &conversation(), &toolbox()).expect("rendered");
        assert!(text.contains("does f"), "{text}");
        let plain = [turn("user", "q".to_owned())];
        let closed = Toolbox::new(Vec::new(), ToolChoice::Auto, Calls::One).expect("fine");
        let text = render(&template, &plain, &closed).expect("rendered");
        assert_eq!(text, template.render(&plain, None).expect("rendered"));
    }
}
