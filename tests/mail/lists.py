"""Mail of mailing lists, newsletters and discussion platforms: rules L1, L2, L3."""

from functools import partial

from .writing import Mail, human, silent

lists = partial(silent, kind="list")
newsletter = partial(silent, kind="newsletter")
platform = partial(silent, kind="platform")

SOFTWARE = {
    "mailman-2": """
        Errors-To: hikers-bounces@lists.example
        Sender: "Hikers" <hikers-bounces@lists.example>
        To: hikers@lists.example, shop@tents.example
        Subject: [Hikers] Which tent for Lapland?
        X-BeenThere: hikers@lists.example
        X-Mailman-Version: 2.1.39
        Precedence: list
        List-Id: Talk about hiking <hikers.lists.example>
        List-Unsubscribe: <https://lists.example/mailman/options/hikers>,
         <mailto:hikers-request@lists.example?subject=unsubscribe>
        List-Archive: <https://lists.example/pipermail/hikers/>
        List-Post: <mailto:hikers@lists.example>
        List-Help: <mailto:hikers-request@lists.example?subject=help>""",
    "mailman-3": """
        Subject: [Hikers] Re: Which tent for Lapland?
        Message-ID-Hash: 6YJ4PSQ2NBVXG5QW5LXK3TQ5V7C4GZ2N
        X-Message-ID-Hash: 6YJ4PSQ2NBVXG5QW5LXK3TQ5V7C4GZ2N
        X-MailFrom: bob.miller@customer.example
        X-Mailman-Rule-Misses: dmarc-mitigation; no-senders; approved; loop; banned-address
        X-Mailman-Version: 3.3.8
        Precedence: list
        Archived-At: <https://lists.example/hyperkitty/list/hikers@lists.example/message/6YJ4/>
        List-Id: Talk about hiking <hikers.lists.example>
        List-Owner: <mailto:hikers-owner@lists.example>
        List-Subscribe: <mailto:hikers-join@lists.example>""",
    "sympa": """
        X-Loop: hikers@sympa.example
        X-Sequence: 1204
        Errors-To: hikers-owner@sympa.example
        Precedence: list
        X-no-archive: yes
        List-Id: <hikers.sympa.example>
        List-Help: <mailto:sympa@sympa.example?subject=help>
        List-Subscribe: <mailto:sympa@sympa.example?subject=subscribe%20hikers>
        List-Post: <mailto:hikers@sympa.example>""",
    "ezmlm": """
        Mailing-List: contact hikers-help@lists.example; run by ezmlm
        Precedence: bulk
        List-Post: <mailto:hikers@lists.example>
        List-Help: <mailto:hikers-help@lists.example>
        Delivered-To: mailing list hikers@lists.example""",
    "google-groups": """
        To: "Hikers" <hikers@groups.example>, shop@tents.example
        X-Original-Sender: bob.miller@customer.example
        Precedence: list
        Mailing-list: list hikers@groups.example; contact hikers+owners@groups.example
        List-ID: <hikers.groups.example>
        X-Google-Group-Id: 482913048812
        List-Post: <https://groups.example/group/hikers/post>, <mailto:hikers@groups.example>
        List-Archive: <https://groups.example/group/hikers>""",
    "listserv": """
        Sender: Hikers <HIKERS@LISTSERV.EXAMPLE>
        List-Help: <https://listserv.example/scripts/wa.exe?LIST=HIKERS>,
         <mailto:LISTSERV@LISTSERV.EXAMPLE?body=INFO%20HIKERS>
        List-Owner: <mailto:HIKERS-request@LISTSERV.EXAMPLE>""",
    "groups-io": """
        Delivered-To: mailing list tents@groups.example
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        List-Unsubscribe: <https://groups.example/leave/2211>
        Mailing-List: list tents@groups.example; contact tents+owner@groups.example""",
    "mlmmj": """
        X-Mailing-List: hikers@lists.example
        List-Subscribe: <mailto:hikers+subscribe@lists.example>
        List-Owner: <mailto:hikers+owner@lists.example>
        Precedence: list""",
    "yahoo-groups": """
        Mailing-List: list hikers@groups.example; contact hikers-owner@groups.example
        Delivered-To: mailing list hikers@groups.example
        List-Id: <hikers.groups.example>
        Precedence: bulk
        List-Unsubscribe: <mailto:hikers-unsubscribe@groups.example>""",
    "microsoft-group": """
        X-MS-Exchange-Generated-Message-Source: Groups
        List-Id: <outdoor.clubs.example>
        X-MS-Exchange-GroupFrom: outdoor@clubs.example""",
    "hand-made-announcement": """
        Subject: Club news for members
        List-Post: NO (posting not allowed on this list)""",
}

NEWSLETTERS = {
    "mailchimp": """
        From: =?utf-8?Q?Outdoor=20Weekly?= <hello@outdoor.example>
        Subject: =?utf-8?Q?New=20tents=20have=20landed?=
        X-Mailer: Mailchimp Mailer - **CIDf6ab1**
        X-Campaign: mailchimp4f2.1a2b3c
        X-campaignid: mailchimp4f2.1a2b3c
        X-Report-Abuse: Please report abuse here: https://mailchimp.example/contact/abuse/?u=4f2
        Feedback-ID: 4f2:4f2.1a2b3c:us6:mc
        List-ID: 4f2mc list <4f2.1021.list-id.mcsv.example>
        List-Unsubscribe: <https://outdoor.example/unsubscribe?u=4f2>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click
        X-MC-User: 4f2""",
    "sendgrid": """
        From: "Trail Supplies" <news@trail.example>
        Subject: Last days of the sale
        List-Unsubscribe: <mailto:unsubscribe@em12.trail.example?subject=1>
        X-SG-EID: u001.abc
        X-Entity-ID: u001.9X""",
    "brevo": """
        From: Trail Supplies <info@trail.example>
        X-Mailin-Campaign: 120
        X-Mailin-EID: MTIzfnNob3A
        List-Unsubscribe: <https://r.trail.example/un/1>
        Origin-messageId: <2026.1@smtp-relay.trail.example>""",
    "klaviyo": """
        From: Peak <contact@peak.example>
        X-Kmail-Account: AbC123
        X-Kmail-Message: 01JX
        List-Id: <01JX.list.peak.example>
        List-Unsubscribe: <https://manage.peak.example/unsubscribe>""",
    "hubspot": """
        From: Lena from Peak <lena@peak.example>
        X-HubSpot-Message-Source: MarketingEmail
        List-Unsubscribe: <mailto:1axc@bf07x.hubspotemail.example>, <https://hs-0.example/u>""",
    "salesforce": """
        From: Peak Rewards <rewards@e.peak.example>
        X-SFMC-Stack: 7
        x-job: 7290188_2837
        List-Help: <https://click.e.peak.example/subscription_center.aspx>
        List-Unsubscribe: <mailto:leave-fd1c@leave.e.peak.example>""",
    "campaign-monitor": """
        From: Peak <team@peak.example>
        X-Complaints-To: abuse@cmail.example
        List-Unsubscribe: <https://peak.cmail.example/t/d-u-1/>
        List-Unsubscribe-Post: List-Unsubscribe=One-Click""",
    "cleverreach": """
        From: Bergladen <post@bergladen.example>
        Subject: Unsere Angebote für März
        List-Unsubscribe: <https://rs6.bergladen.example/u/12>
        X-Report-Spam: complaints@cleverreach.example""",
    "substack": """
        From: Anna from Trail Notes <trailnotes@substack.example>
        List-Archive: <https://trailnotes.example/archive>
        List-Id: <trailnotes.substack.example>
        List-Post: <https://trailnotes.example/p/lapland>
        Precedence: list""",
    "social-network": """
        From: Sean O'Brien <invitations@network.example>
        Subject: Sean wants to connect
        Feedback-ID: email_m2m_invite_single_01:network
        List-Unsubscribe: <https://network.example/e/v2?e=1>
        X-LinkedIn-Class: INMAIL""",
    "facebook": """
        From: Pages <notification@pages.example>
        X-Facebook-Notify: page_message; mailid=5e3
        List-Unsubscribe: <https://pages.example/o.php?k=1>
        Errors-To: notification@pages.example""",
    "shop-follow-up": """
        From: Gas and Stove <store@stoves.example>
        Subject: You left something in your cart
        X-Shopify-Campaign: abandoned
        List-Unsubscribe: <https://stoves.example/unsubscribe/1>""",
}

ONE_FIELD = (
    "List-Id: <tents.lists.example>",
    "List-Help: <mailto:help@lists.example>",
    "List-Subscribe: <mailto:join@lists.example>",
    "List-Unsubscribe: <mailto:leave@lists.example>",
    "List-Post: <mailto:tents@lists.example>",
    "List-Owner: <mailto:boss@lists.example>",
    "List-Archive: <https://lists.example/tents>",
    "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    "List-Post: NO",
    "List-Id:",
    "LIST-UNSUBSCRIBE: <https://lists.example/u>",
    "list-id: tents",
    "List-Help:\n <mailto:help@lists.example>",
    "List-Archive : <https://lists.example/tents>",
)

SERVERS = {
    "old-ezmlm": "Mailing-List: contact hikers-help@lists.example; run by ezmlm",
    "vger": "X-Mailing-List: linux-hikers@vger.example",
    "mailman-bare": "X-BeenThere: hikers@lists.example",
    "mailman-version": "X-Mailman-Version: 2.1.9",
    "google-group-id": "X-Google-Group-Id: 4829130488",
    "lyris": "X-Listserver: Lyris ListManager 11",
    "fml": "X-ML-Name: yama\nX-ML-Count: 812\nX-MLServer: fml [fml 4.0 STABLE]",
    "ecartis": "List-Software: Ecartis version 1.0.0\nX-ecartis-version: Ecartis v1.0.0",
    "delivered-to-list": "Delivered-To: mailing list hikers@lists.example",
    "delivered-to-list-in-capitals": "Delivered-To: Mailing List hikers@lists.example",
}

BULK = {
    "majordomo": (
        "Sender: owner-hikers@lists.example\nPrecedence: bulk\nReply-To: hikers@lists.example"
    ),
    "phplist": "X-Mailer: phplist v3.6.8\nX-MessageID: 12\nX-ListMember: shop@tents.example\n"
    "Precedence: bulk",
    "bulk": "Precedence: bulk",
    "list": "Precedence: list",
    "junk": "Precedence: junk",
    "capitals": "PRECEDENCE: BULK",
    "mixed-case": "precedence: List",
    "spaces": "Precedence:   junk  ",
    "folded": "Precedence:\n bulk",
    "comment": "Precedence: bulk (newsletter)",
    "after-a-normal-one": "Precedence: normal\nPrecedence: bulk",
    "before-a-normal-one": "Precedence: bulk\nPrecedence: first-class",
    "old-gmail-vacation": "Precedence: bulk\nX-Autoreply: yes\nSubject: On holiday Re: Tent",
}

SHOULD_BULK = {
    "auto-reply": "Precedence: auto_reply",
    "auto-reply-in-capitals": "Precedence: AUTO_REPLY",
    "x-precedence-bulk": "X-Precedence: bulk",
    "x-precedence-list": "X-Precedence: List",
    "x-precedence-auto-reply": "X-Precedence: auto_reply",
}

PLATFORMS = {
    "github": """
        From: Sean O'Brien <notifications@github.example>
        To: tents/shop <shop@noreply.github.example>
        Cc: shop@tents.example, Mention <mention@noreply.github.example>
        Subject: Re: [tents/shop] The price is wrong (Issue #12)
        Reply-To: tents/shop <reply+AB12@reply.github.example>
        Precedence: list
        X-GitHub-Sender: sobrien
        X-GitHub-Recipient: tents
        X-GitHub-Reason: mention
        List-ID: tents/shop <shop.tents.github.example>
        List-Archive: https://github.example/tents/shop
        List-Post: <mailto:reply+AB12@reply.github.example>
        List-Unsubscribe: <mailto:unsub+AB12@reply.github.example>
        X-Auto-Response-Suppress: All""",
    "discourse-old": """
        From: hiker42 via Trail Forum <forum@trail.example>
        List-Unsubscribe: <https://forum.trail.example/email/unsubscribe/1>
        X-Discourse-Post-Id: 12
        List-ID: Trail Forum | gear <gear.forum.trail.example>""",
    "phabricator": """
        From: sobrien (Sean O'Brien) <phabricator@code.example>
        X-Phabricator-Sent-This-Message: Yes
        Precedence: bulk
        List-Id: <maniphest.code.example>""",
    "meetup": """
        From: Hikers Oslo <info@meet.example>
        Subject: Anna commented on Saturday's hike
        List-Unsubscribe: <https://meet.example/u>
        X-MEETUP-TRACK: eventcomment""",
}

PERSONS = {
    "x-list-price": "X-List-Price: 99.00 EUR",
    "x-listing-id": "X-Listing-ID: 8812",
    "list-like-name": "Listing: tents\nX-List: camping",
    "precedence-normal": "Precedence: normal",
    "precedence-first-class": "Precedence: first-class",
    "precedence-special-delivery": "Precedence: special-delivery",
    "precedence-empty": "Precedence:",
    "x-mailinglist-private": "X-Was-On-List: no",
    "bulk-in-the-subject": "Subject: Can I buy pegs in bulk?",
    "list-in-the-subject": "Subject: Precedence: bulk, List-Id: price list?",
    "delivered-to-twice": "Delivered-To: shop@tents.example\nDelivered-To: sales@tents.example",
}

MAILS: tuple[Mail, ...] = (
    *(lists("L1", name, head) for name, head in SOFTWARE.items()),
    *(newsletter("L1", name, head) for name, head in NEWSLETTERS.items()),
    *(lists("L1", f"one-field-{number}", field) for number, field in enumerate(ONE_FIELD, start=1)),
    lists(
        "L1",
        "to-us-and-the-list",
        "To: shop@tents.example\nCc: hikers@lists.example\nList-Id: <h.x>",
    ),
    *(platform("L1", name, head) for name, head in PLATFORMS.items()),
    *(lists("L2", name, head) for name, head in SERVERS.items()),
    *(lists("L3", name, head) for name, head in BULK.items()),
    *(lists("L3", name, head, level="S") for name, head in SHOULD_BULK.items()),
    *(human(name, head, kind="list trap") for name, head in PERSONS.items()),
    human(
        "list-id-in-the-body",
        "Subject: Your newsletter",
        "Hello,\n\nList-Id: <x>\nPrecedence: bulk\n\nis what I see above your newsletter. Why?\n",
        kind="list trap",
    ),
)
