#include "ops/alibaba/credentials/chain.h"

#include <gmock/gmock.h>

#include <map>

#include "ops/alibaba/credentials/profile.h"

namespace larkspur::ops::alibaba {
namespace {

using Texts = std::map<std::string, std::string>;

Surroundings machine(Texts environment, Texts files = {}) {
  Surroundings made;
  made.environment = [environment](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  };
  made.read_file = [files](const std::string& path) -> Result<std::string> {
    const auto found = files.find(path);
    if (found == files.end()) return fail(ErrorCode::kNotFound, "there is no such file");
    return found->second;
  };
  return made;
}

std::vector<std::string> providers(const Chain& chain) {
  std::vector<std::string> names;
  for (const Source& source : chain.sources) names.push_back(source.provider);
  return names;
}

TEST(CredentialChain, TheOrderIsThatOfTheVendorsSdks) {
  const Chain chain = default_chain(machine(
      {{"ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAIx"},
       {"ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s"},
       {"ALIBABA_CLOUD_SECURITY_TOKEN", "t"},
       {"ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1:role/r"},
       {"ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1:oidc-provider/p"},
       {"ALIBABA_CLOUD_OIDC_TOKEN_FILE", "/token"},
       {"ALIBABA_CLOUD_CREDENTIALS_URI", "http://127.0.0.1/c"},
       {"HOME", "/home/u"}},
      {{"/home/u/.aliyun/config.json",
        R"({"current":"a","profiles":[{"name":"a","mode":"AK","access_key_id":"I","access_key_secret":"S"}]})"},
       {"/home/u/.alibabacloud/credentials", "[default]\ntype = ecs_ram_role\nrole_name = r\n"}}));
  EXPECT_THAT(providers(chain), testing::ElementsAre("environment", "oidc_role_arn", "cli_profile",
                                                     "profile", "ecs_ram_role", "credentials_uri"));
  const auto& keys = std::get<StaticKeys>(chain.sources[0].how);
  EXPECT_EQ(keys.access_key_id, "LTAIx");
  EXPECT_TRUE(keys.security_token.equals("t"));
  EXPECT_EQ(std::get<OidcRole>(chain.sources[1].how).session_name, "larkspur");
}

TEST(CredentialChain, OldNamesWorkAndTheMetadataServiceCanBeTurnedOff) {
  const Chain chain = default_chain(machine({{"ACCESS_KEY_ID", "LTAIx"},
                                             {"ACCESS_KEY_SECRET", "s"},
                                             {"ALIBABA_CLOUD_ECS_METADATA_DISABLED", "TRUE"}}));
  EXPECT_THAT(providers(chain), testing::ElementsAre("environment"));
  EXPECT_THAT(chain.left_out, testing::Contains("ALIBABA_CLOUD_ECS_METADATA_DISABLED is set"));
}

TEST(CredentialChain, ABrokenFileIsNamedAndSkipped) {
  const Chain chain = default_chain(
      machine({{"HOME", "/h"}, {"ALIBABA_CLOUD_IMDSV1_DISABLED", "1"}},
              {{"/h/.aliyun/config.json", "{"},
               {"/h/.alibabacloud/credentials.ini", "[default]\ntype = rsa_key_pair\n"}}));
  EXPECT_THAT(providers(chain), testing::ElementsAre("ecs_ram_role"));
  EXPECT_FALSE(std::get<EcsRole>(chain.sources[0].how).without_token_too);
  EXPECT_THAT(chain.left_out,
              testing::Contains("/h/.alibabacloud/credentials.ini: profile [default] has type "
                                "'rsa_key_pair', which Larkspur cannot use"));
}

TEST(CliProfile, AllModes) {
  const std::string file = R"({"current":"role","profiles":[
    {"name":"sts","mode":"StsToken","access_key_id":"I","access_key_secret":"S","sts_token":"T"},
    {"name":"role","mode":"ChainableRamRoleArn","source_profile":"sts","ram_role_arn":"acs:r",
     "ram_session_name":"me","expired_seconds":60},
    {"name":"ecs","mode":"EcsRamRole","ram_role_name":"node"},
    {"name":"oidc","mode":"OIDC","ram_role_arn":"acs:r","oidc_provider_arn":"acs:p",
     "oidc_token_file":"/t"},
    {"name":"sso","mode":"CloudSSO"},
    {"name":"loop","mode":"ChainableRamRoleArn","source_profile":"loop","ram_role_arn":"x"},
    {"name":"half","mode":"AK","access_key_id":"I"}]})";
  const auto role = read_cli_profile(file, "");
  ASSERT_TRUE(role) << role.error().message;
  const auto& assumed = std::get<AssumedRole>(role->how);
  EXPECT_EQ(assumed.session_name, "me");
  EXPECT_EQ(assumed.duration, std::chrono::seconds(900));  // the service takes no shorter one
  EXPECT_TRUE(std::get<StaticKeys>(assumed.base->how).security_token.equals("T"));

  EXPECT_EQ(std::get<EcsRole>(read_cli_profile(file, "ecs")->how).role_name, "node");
  EXPECT_EQ(std::get<OidcRole>(read_cli_profile(file, "oidc")->how).token_file, "/t");
  EXPECT_EQ(read_cli_profile(file, "sso").error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(read_cli_profile(file, "none").error().message, "there is no profile 'none'");
  EXPECT_EQ(read_cli_profile(file, "loop").error().message,
            "the profiles' source_profile runs in a circle");
  EXPECT_EQ(read_cli_profile(file, "half").error().message,
            "profile 'half' has no access_key_secret");
}

TEST(IniProfile, SectionsCommentsAndTypes) {
  const std::string_view file =
      "# mine\n[default]\nenable = true\ntype = access_key\naccess_key_id = I\n"
      "access_key_secret = a=b\n\n[role]\r\ntype=ram_role_arn\r\naccess_key_id=I\r\n"
      "access_key_secret=S\r\nrole_arn=acs:r\r\n[off]\nenable=false\n";
  const auto keys = read_ini_profile(file, "");
  ASSERT_TRUE(keys) << keys.error().message;
  EXPECT_TRUE(std::get<StaticKeys>(keys->how).access_key_secret.equals("a=b"));
  EXPECT_EQ(std::get<AssumedRole>(read_ini_profile(file, "role")->how).role_arn, "acs:r");
  EXPECT_EQ(read_ini_profile(file, "off").error().message, "profile [off] is disabled");
  EXPECT_EQ(read_ini_profile("", "x").error().message, "there is no profile [x]");
}

TEST(Credentials, ShowOnlyTheEndsOfTheirId) {
  EXPECT_EQ((Credentials{.access_key_id = "LTAI5tTESTtestTESTtest00"}.masked_id()), "LTAI****st00");
  EXPECT_EQ(Credentials{.access_key_id = "short"}.masked_id(), "****");
}

}  // namespace
}  // namespace larkspur::ops::alibaba
