// Parameters of a def or lambda, arguments of a call.
#include <string>

#include "starlark/syntax/parser_impl.h"

namespace larkspur::starlark {

std::span<ParameterNode> Parser::parse_parameters(TokenKind closer, bool annotations) {
  Gather<ParameterNode> parameters(parameters_);
  while (!at(closer) && !at(TokenKind::kEndOfFile)) {
    parameters.add(parse_parameter(annotations));
    if (at(closer)) break;
    expect(TokenKind::kComma);
  }
  check_parameters(parameters.items());
  return parameters.finish(arena_);
}

ParameterNode Parser::parse_parameter(bool annotations) {
  using Kind = ParameterNode::Kind;
  ParameterNode parameter{.kind = Kind::kNormal, .offset = token_.offset};
  if (!options_.strict && accept(TokenKind::kSlash)) {
    parameter.kind = Kind::kSlash;
    return parameter;
  }
  if (accept(TokenKind::kStarStar)) {
    parameter.kind = Kind::kStarStar;
  } else if (accept(TokenKind::kStar)) {
    parameter.kind = Kind::kStar;
    if (!at(TokenKind::kIdentifier)) {
      parameter.kind = Kind::kBareStar;
      return parameter;
    }
  }
  parameter.name = expect_name();
  if (annotations && !options_.strict && accept(TokenKind::kColon))
    parse_test();  // a type: accepted, and means nothing
  if (parameter.kind == Kind::kNormal && accept(TokenKind::kAssign))
    parameter.default_value = parse_test();
  return parameter;
}

// The order of parameters, in stages that never go back.
enum Stage : int { kRequired, kOptional, kKeywordOnly, kAfterKwargs };

void Parser::check_parameter_kind(const ParameterNode& parameter, int& stage) {
  using Kind = ParameterNode::Kind;
  switch (parameter.kind) {
    case Kind::kNormal:
      if (stage == kAfterKwargs) {
        complain(parameter.offset, "parameter may not follow **kwargs");
      } else if (parameter.default_value == nullptr && stage == kOptional) {
        complain(parameter.offset, "required parameter may not follow optional");
      } else if (parameter.default_value != nullptr && stage == kRequired) {
        stage = kOptional;
      }
      break;
    case Kind::kStar:
    case Kind::kBareStar:
      if (stage == kAfterKwargs) {
        complain(parameter.offset, "* parameter may not follow **kwargs");
      } else if (stage == kKeywordOnly) {
        complain(parameter.offset, "multiple * parameters not allowed");
      } else {
        stage = kKeywordOnly;
      }
      break;
    case Kind::kStarStar:
      if (stage == kAfterKwargs) complain(parameter.offset, "multiple ** parameters not allowed");
      stage = kAfterKwargs;
      break;
    case Kind::kSlash:
      if (stage >= kKeywordOnly) complain(parameter.offset, "/ must come before * and **");
      break;
  }
}

void Parser::check_parameters(std::span<const ParameterNode> parameters) {
  using Kind = ParameterNode::Kind;
  int stage = kRequired;
  bool slash = false;
  const ParameterNode* star = nullptr;  // the first
  bool keyword_only = false;
  const std::uint32_t list = ++lists_;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const ParameterNode& parameter = parameters[i];
    check_parameter_kind(parameter, stage);
    const bool is_star = parameter.kind == Kind::kStar || parameter.kind == Kind::kBareStar;
    if (is_star && star == nullptr) star = &parameter;
    keyword_only = keyword_only || (star != nullptr && parameter.kind == Kind::kNormal);
    if (parameter.kind == Kind::kSlash) {
      if (slash || i == 0)
        complain(parameter.offset, "/ must follow the positional-only parameters, once");
      slash = true;
    } else if (parameter.kind != Kind::kBareStar && !failed_ && is_repeated(parameter.name, list)) {
      complain(parameter.offset,
               "duplicate parameter: " + std::string(names_.text(parameter.name)));
    }
  }
  if (star != nullptr && star->kind == Kind::kBareStar && !keyword_only)
    complain(star->offset, "bare * must be followed by keyword-only parameters");
}

// Whether `name` occurred before in the list with this number.
bool Parser::is_repeated(NameId name, std::uint32_t list) {
  if (seen_in_.size() < names_.size()) seen_in_.resize(names_.size() + names_.size() / 2);
  return std::exchange(seen_in_[name], list) == list;
}

std::span<Argument> Parser::parse_arguments() {
  Gather<Argument> arguments(arguments_);
  expect(TokenKind::kLeftParen);
  while (!at(TokenKind::kRightParen) && !at(TokenKind::kEndOfFile)) {
    arguments.add(parse_argument(arguments.size() == 0));
    if (!accept(TokenKind::kComma)) break;
  }
  expect(TokenKind::kRightParen);
  check_arguments(arguments.items());
  return arguments.finish(arena_);
}

Argument Parser::parse_argument(bool first) {
  using Kind = Argument::Kind;
  const std::uint32_t offset = token_.offset;
  if (accept(TokenKind::kStar)) return {Kind::kStar, offset, 0, parse_test()};
  if (accept(TokenKind::kStarStar)) return {Kind::kStarStar, offset, 0, parse_test()};
  Expr* value = parse_test();
  if (at(TokenKind::kAssign)) {
    if (value->kind != ExprKind::kName) {
      fail(token_.offset, "keyword argument must have form name=expr", "compare with ==");
      return {};
    }
    advance();
    return {Kind::kNamed, offset, static_cast<NameExpr*>(value)->name, parse_test()};
  }
  if (at(TokenKind::kFor) && first && !options_.strict) {
    // sum(x for x in xs): there are no generators, but a list does as well.
    value = parse_comprehension(offset, nullptr, value, TokenKind::kRightParen);
  }
  return {Kind::kPositional, offset, 0, value};
}

void Parser::check_arguments(std::span<const Argument> arguments) {
  using Kind = Argument::Kind;
  bool named = false;
  bool star = false;
  bool star_star = false;
  const std::uint32_t list = ++lists_;
  for (const Argument& argument : arguments) {
    switch (argument.kind) {
      case Kind::kPositional:
        if (star_star) {
          complain(argument.offset, "positional argument may not follow **kwargs");
        } else if (star) {
          complain(argument.offset, "positional argument may not follow *args");
        } else if (named) {
          complain(argument.offset, "positional argument may not follow named");
        }
        break;
      case Kind::kNamed:
        if (star_star) {
          complain(argument.offset, "keyword argument may not follow **kwargs");
        } else if (star && options_.strict) {
          complain(argument.offset, "keyword argument may not follow *args");
        } else if (!failed_ && is_repeated(argument.name, list)) {
          complain(argument.offset, "keyword argument \"" +
                                        std::string(names_.text(argument.name)) + "\" is repeated");
        }
        named = true;
        break;
      case Kind::kStar:
        if (star_star) {
          complain(argument.offset, "*args may not follow **kwargs");
        } else if (star) {
          complain(argument.offset, "multiple *args not allowed", "join them: *(a + b)");
        }
        star = true;
        break;
      case Kind::kStarStar:
        if (star_star)
          complain(argument.offset, "multiple **kwargs not allowed", "join them: **(a | b)");
        star_star = true;
        break;
    }
  }
}

Expr* Parser::parse_lambda(bool conditional_body) {
  const Nest nest(*this);
  const std::uint32_t offset = expect(TokenKind::kLambda);
  const auto parameters = parse_parameters(TokenKind::kColon, false);
  expect(TokenKind::kColon);
  Function* function = make(Function{.offset = offset, .name = "lambda", .parameters = parameters});
  function->expression = conditional_body ? parse_test() : parse_test_without_conditional();
  return make(LambdaExpr{{ExprKind::kLambda, offset}, function});
}

}  // namespace larkspur::starlark
