#!/usr/bin/env escript
%%! +P 2000000 -pa .
%% The peer in Erlang/OTP: the same work as in the benchmarks beside this file. Debian's erlang-base is enough:
%%
%%	escript benchmarks/supervision/otp.escript
-mode(compile).

main(_) ->
    error_logger:tty(false),
    logger:set_primary_config(level, none),
    io:format("OTP ~s~n", [erlang:system_info(otp_release)]),
    [restart(1000) || _ <- lists:seq(1, 5)],
    [crowd(100000) || _ <- lists:seq(1, 3)].

%% One child that fails as soon as it runs, with no delay between two runs. Few of them: OTP goes through the list of all
%% restarts within its period at each one, so that many would measure that.
restart(N) ->
    Self = self(),
    Counter = counters:new(1, []),
    Start = fun() -> {ok, spawn_link(fun() -> fail(Counter, N, Self) end)} end,
    persistent_term:put(start, Start),
    {Time, ok} = timer:tc(fun() ->
        {ok, _} = supervised(#{intensity => 1000000000, period => 1}, [spec(a)]),
        receive done -> ok end
    end),
    io:format("restart       ~.2f us~n", [Time / N]),
    halt_tree().

fail(Counter, N, Self) ->
    counters:add(Counter, 1, 1),
    case counters:get(Counter, 1) of
        N -> Self ! done, receive never -> ok end;
        _ -> exit(boom)
    end.

%% Children that do nothing: what they hold, and how long it takes to start and to stop them.
crowd(N) ->
    persistent_term:put(start, fun() -> {ok, spawn_link(fun() -> receive never -> ok end end)} end),
    erlang:garbage_collect(),
    Before = erlang:memory(total),
    {Up, {ok, Pid}} = timer:tc(fun() -> supervised(#{}, [spec(I) || I <- lists:seq(1, N)]) end),
    erlang:garbage_collect(Pid),
    erlang:garbage_collect(),
    io:format("idle          ~w B/child~n", [(erlang:memory(total) - Before) div N]),
    io:format("start ~w  ~.3f s~n", [N, Up / 1.0e6]),
    {Down, _} = timer:tc(fun halt_tree/0),
    io:format("stop  ~w  ~.3f s~n", [N, Down / 1.0e6]).

spec(Id) -> #{id => Id, start => {erlang, apply, [persistent_term:get(start), []]}, shutdown => brutal_kill}.

supervised(Flags, Specs) ->
    process_flag(trap_exit, true),
    Result = supervisor:start_link(otp_bench(), {Flags, Specs}),
    {ok, Pid} = Result,
    put(tree, Pid),
    Result.

halt_tree() ->
    Pid = get(tree),
    exit(Pid, shutdown),
    receive {'EXIT', Pid, _} -> ok end.

%% A callback module made on the spot: a script can have only one module of its own.
otp_bench() ->
    case code:is_loaded(otp_bench) of
        false ->
            Forms = [{attribute, 1, module, otp_bench}, {attribute, 1, export, [{init, 1}]},
                     {function, 1, init, 1, [{clause, 1, [{var, 1, 'A'}], [], [{tuple, 1, [{atom, 1, ok}, {var, 1, 'A'}]}]}]}],
            {ok, otp_bench, Code} = compile:forms(Forms),
            {module, otp_bench} = code:load_binary(otp_bench, "otp_bench", Code);
        _ -> ok
    end,
    otp_bench.
